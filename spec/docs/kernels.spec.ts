/** The WebAssembly that docs/kernels.md shows is in what the microkernel's generator writes, but for names of locals. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { fused } from '../../backends/wasm/math.ts'
import { microkernel } from '../../backends/wasm/microkernel.ts'

const text = await readFile('docs/kernels.md', 'utf8')
const blocks = [...text.matchAll(/```wat\n(.*?)```/gs)].map(([, code = '']) => code)

const linesOf = (wat: string): readonly string[] =>
  wat
    .split('\n')
    .map((line) =>
      line
        .replace(/;;.*/, '')
        .replaceAll(' align=4', '')
        .replace(/\s+/g, ' ')
        .replace(/ (?=\))/g, '')
        .trim(),
    )
    .filter((line) => line !== '')

/** Locals numbered in the order in which they appear. */
const renamed = (lines: readonly string[]): string => {
  const names = new Map<string, string>()
  return lines.join('\n').replace(/\$\w+/g, (name) => {
    const known = names.get(name) ?? `$${names.size}`
    names.set(name, known)
    return known
  })
}

const generated = linesOf(microkernel('rows', 6, { name: 'fma256', width: 16, madd: fused }))

t.test('every block is a stretch of the generated text', async (t) => {
  t.equal(blocks.length, 2)
  for (const block of blocks) {
    const lines = linesOf(block)
    const wanted = renamed(lines)
    t.ok(
      generated.some((_, i) => renamed(generated.slice(i, i + lines.length)) === wanted),
      `${lines[0]} ..`,
    )
  }
})
