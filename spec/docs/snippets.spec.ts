/**
 * Every block of TypeScript in README.md and docs/ type-checks as a user's program, and is run unless said otherwise. A block
 * is a program of its own; `programs` says which blocks of a document belong together.
 */
import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import t from 'tap'
import { blocksOf, outside } from './outside.ts'

const root = resolve(import.meta.dirname, '../..')

interface Snippet {
  /** The blocks of a document that are one program, in order, by number. */
  readonly blocks: readonly number[]
  /** The program that a reader has around the blocks. */
  readonly around?: (code: string) => string
  /** Whether it is a part that cannot run, or takes long and has a spec of its own that runs it. */
  readonly only?: 'types'
}

/** A sketch of the interface is the interface. */
const interfaceOf = (code: string): string => `
import type { Backend as Ours, CompileOptions, Executable, Limits, Memory } from '${root}/src/plan/backend.ts'
import type { Plan } from '${root}/src/plan/plan.ts'
${code}
export const [there, back] = [(b: Ours): Backend => b, (b: Backend): Ours => b]
`
const inProperties = (code: string): string =>
  code
    .replace("{ mine } from '../backends/mine/index.ts'", `{ cpu as mine } from '${root}/backends/cpu/index.ts'`)
    .replace('./agreement/', `${root}/properties/agreement/`)

const evaluated = (code: string): string => `
import { evaluate, input, mul } from 'diffit'
import { backends } from 'diffit/backends'
const [y, feeds] = [mul(input('x', [2]), 3), { x: [1, 2] }]
${code}
if (fast.y.join() !== '3,6' || exact.y.join() !== '3,6') throw new Error('3 x')
`

const programs: Readonly<Record<string, readonly Snippet[]>> = {
  'README.md': [{ blocks: [0], only: 'types' }, { blocks: [1] }, { blocks: [2], around: evaluated }, { blocks: [3] }],
  'docs/backends.md': [
    { blocks: [0], around: interfaceOf, only: 'types' },
    { blocks: [1], around: inProperties, only: 'types' },
  ],
  'docs/testing-a-layer.md': [
    { blocks: [0, 1, 2], only: 'types' },
    { blocks: [0, 3], only: 'types' },
    { blocks: [4, 5], only: 'types' },
  ],
}

/** Documents whose blocks are files of one program, which their own spec checks and runs. */
const elsewhere = ['docs/adding-a-primitive.md']

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...(await readdir(resolve(root, 'docs'))).map((file) => `docs/${file}`),
]
  .filter((file) => file.endsWith('.md') && !elsewhere.includes(file))
  .sort()

const there = await outside()
t.teardown(there.remove)

interface Written {
  readonly document: string
  readonly blocks: readonly number[]
  readonly file: string
  readonly runs: boolean
}

const writtenOf = async (document: string): Promise<readonly Written[]> => {
  const blocks = await blocksOf(document)
  const snippets: readonly Snippet[] = programs[document] ?? blocks.map((_, i) => ({ blocks: [i] }))
  return Promise.all(
    snippets.map(async ({ blocks: numbers, around = (code) => code, only }) => {
      const code = numbers.map((i) => blocks[i] ?? `block ${i} is not there`).join('\n')
      const name = `${document.replace(/\W/g, '-')}-${numbers.join('-')}.ts`
      return { document, blocks: numbers, file: await there.file(name, around(code)), runs: only === undefined }
    }),
  )
}
const written = (await Promise.all(documents.map(writtenOf))).flat()

t.test('every block is in a program', async (t) => {
  t.ok(written.length > 5)
  for (const document of documents) {
    const claimed = new Set(written.flatMap((one) => (one.document === document ? one.blocks : [])))
    t.same(
      [...claimed].sort(),
      (await blocksOf(document)).map((_, i) => i),
      document,
    )
  }
})

t.test('every program type-checks', async (t) => {
  const complaints = await there.check(written.map(({ file }) => file)).then(
    () => '',
    (error: { readonly stdout: string }) => error.stdout,
  )
  t.equal(complaints, '')
})

for (const { document, blocks, file } of written.filter(({ runs }) => runs))
  t.test(`${document}, blocks ${blocks.join()}: runs`, (t) => t.resolves(there.run(file)))
