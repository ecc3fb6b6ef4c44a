/** The examples of docs/testing-a-layer.md, used as a newcomer would: they type-check, they run, and they are short. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const root = resolve(import.meta.dirname, '../..')
const text = await readFile(join(root, 'docs/testing-a-layer.md'), 'utf8')
const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code)

/** What the package's names stand for here, where it is not installed. */
const homes: Readonly<Record<string, string>> = {
  diffit: join(root, 'src/index.ts'),
  'diffit/check': join(root, 'src/check/index.ts'),
  'diffit/backends': join(root, 'backends/index.ts'),
  'fp-ts': fileURLToPath(import.meta.resolve('fp-ts')),
  'fast-check': fileURLToPath(import.meta.resolve('fast-check')),
}
const athome = (code: string): string => code.replace(/from '([^']+)'/g, (_, name) => `from '${homes[name] ?? name}'`)

const folder = await mkdtemp(join(tmpdir(), 'diffit-docs-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
const run = async (command: string, ...args: readonly string[]) =>
  await promisify(execFile)('env', ['-u', 'NODE_OPTIONS', command, ...args], { cwd: folder })
const file = async (name: string, code: string): Promise<string> => {
  await writeFile(join(folder, name), athome(code))
  return name
}

t.test('a property test of a layer takes less than 30 lines, swapping the backend at most three', async (t) => {
  const [test = '', , swap = ''] = blocks
  t.equal(blocks.length, 3)
  t.ok(test.trim().split('\n').length < 30)
  t.ok(swap.trim().split('\n').length <= 3)
})

t.test('the examples type-check', async (t) => {
  const name = await file('types.ts', blocks.join('\n'))
  const options = '--noEmit --strict --skipLibCheck --module nodenext --target es2024 --lib es2024,esnext.iterator'
  const types = ['--allowImportingTsExtensions', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
  const ambient = ['wasm/webassembly', 'gpu/gpujs'].map((name) => join(root, `backends/${name}.d.ts`))
  await t.resolves(run(join(root, 'node_modules/.bin/tsc'), ...options.split(' '), ...types, ...ambient, name))
})

t.test('the examples run, and the two backends agree', async (t) => {
  const { stdout } = await run(process.execPath, await file('run.ts', blocks.join('\n')))
  const lines = stdout.trim().split('\n')
  const difference = Number(lines.at(-1))
  t.ok(difference < 1e-6, `the last line is the difference of the backends: ${lines.at(-1)}`)
  t.ok(lines.length > 3, 'every kernel was shown')
})

t.test(
  'the property test of the example fails, with seed and input named, when a rule is wrong by a thousandth',
  async (t) => {
    const wrong = `
import { either as E } from 'fp-ts'
import { mul as times, primitive, sigmoid as right } from 'diffit'
const planted = primitive<Record<string, never>>({
  name: 'planted',
  shape: ([s = []]) => E.right(s),
  lower: ([x]) => ({ kind: 'expand', into: right(x ?? times(1, 1)) }),
  vjp: ({ y, dy }) => [times(times(dy, times(y, add(1, times(y, -1)))), 1.001)],
  domain: { interval: [-1, 1], cases: [] },
})
const sigmoid = (x: Tensor): Tensor => planted.apply({}, [x])
`
    const [test = ''] = blocks
    const code = `${wrong}${test.replace(' sigmoid,', '')}`
    const { stderr } = await run(process.execPath, await file('wrong.ts', code)).catch((e: { stderr: string }) => e)
    t.match(stderr, /Property failed after 1 tests/)
    t.match(stderr, /seed -?\d+: the (gradient of|second derivative along) (x|gate|dy) is wrong: reverse mode gives/)
  },
)
