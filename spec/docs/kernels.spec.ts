/** The listings of docs/kernels.md are what generators and V8 make, and its tables name all that there is. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { modes } from '../../backends/wasm/contractFields.ts'
import { forms } from '../../backends/wasm/features.ts'
import { chosenForm } from '../../backends/wasm/index.ts'
import { microkernel, walkNames } from '../../backends/wasm/microkernel.ts'
import { needs } from '../needs.ts'
import { blocksOf } from './outside.ts'

const document = 'docs/kernels.md'
const text = await readFile(document, 'utf8')

/** Code without comments, the alignment that is the same everywhere, and doubled spaces. */
const linesOf = (code: string): readonly string[] =>
  code
    .split('\n')
    .map((line) => line.replace(/;.*/, '').replaceAll(' align=4', '').replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '')

/** Locals by the order in which they first occur: two texts that differ in names only become one. */
const nameless = (lines: readonly string[]): string => {
  const names = new Map<string, number>()
  return lines.join('\n').replace(/\$\w+/g, (name) => {
    const number = names.get(name) ?? names.size
    names.set(name, number)
    return `$${number}`
  })
}

/** Whether some lines of a text, one after another, are these. */
const holds = (whole: readonly string[], part: readonly string[]): boolean =>
  whole.some((_, i) => nameless(whole.slice(i, i + part.length)) === nameless(part))

t.test('the WebAssembly is what the generator writes, but for the names of locals', async (t) => {
  const generated = linesOf(microkernel('rows', 6, forms.fma256))
  const blocks = await blocksOf(document, 'wat')
  t.equal(blocks.length, 2)
  for (const block of blocks) t.ok(holds(generated, linesOf(block)), block)
  const [, , , swapped = '', ...others] = linesOf(blocks[0] ?? '')
  t.notOk(holds(generated, [...others, swapped]))
})

const form = await chosenForm()
const listing = async (): Promise<readonly string[]> => {
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/listing.ts'], { maxBuffer: 2 ** 24 })
  return [...stdout.matchAll(/^0x\w+ +\w+ +\w+ +(?:REX\.W )?(.*)$/gm)].flatMap(([, code = '']) => linesOf(code))
}

t.test('V8 merges every pair of multiply-adds of the wide variant, and of no other', async (t) => {
  const wide = (await listing()).filter((line) => /^vfmadd\d+ps ymm/.test(line))
  // four steps of k at once, and one for the rest: twelve in each
  t.equal(wide.length, form.name === 'fma256' ? 5 * 12 : 0)
})

const engine = 'V8 13.6 on x64'
const other =
  form.name !== 'fma256' || process.arch !== 'x64' || !process.versions.v8.startsWith('13.6.')
    ? `the listing is of ${engine} and fma256, and this is V8 ${process.versions.v8} on ${process.arch}, ${form.name}`
    : null

t.test('the instructions are those that V8 generates', needs('fma256', other), async (t) => {
  t.match(text, engine)
  const blocks = await blocksOf(document, 'asm')
  t.equal(blocks.length, 1)
  const all = (await listing()).join('\n')
  for (const block of blocks) t.ok(all.includes(linesOf(block).join('\n')), block)
})

t.test('the tables name every walk, variant and mode of packing', async (t) => {
  const named = (heading: string): readonly string[] => {
    const [section = ''] = (text.split(`## ${heading}\n`)[1] ?? '').split('\n## ')
    return [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name = '']) => name)
  }
  t.same(named('Walks').toSorted(), walkNames.toSorted())
  t.same(named('Packing').toSorted(), Object.keys(modes).toSorted())
  t.same(named('Kernel variants').toSorted(), Object.keys(forms).toSorted())
})
