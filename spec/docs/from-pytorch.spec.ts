/** The names that docs/from-pytorch.md translates to are exports of the entry points that it says. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import * as d from '../../src/index.ts'
import { compile, evaluate, input, ShapeError, valueAndGrad } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { entryPoints } from './api.ts'
import { outside } from './outside.ts'

const text = await readFile('docs/from-pytorch.md', 'utf8')
const [, table = ''] = text.split('|---|---|---|---|\n')

interface Row {
  readonly theirs: string
  /** What its code begins with: `softmax`. */
  readonly names: readonly string[]
  readonly calls: readonly string[]
  readonly entry: string
}

const rows = table
  .trim()
  .split('\n')
  .map((line): Row => {
    const [, theirs = '', ours = '', entry = ''] = line.split('|').map((cell) => cell.trim())
    const calls = [...ours.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
    return {
      theirs,
      calls,
      names: calls.flatMap((call) => /^(\w+)(?=\(|$)/.exec(call)?.[1] ?? []),
      entry: entry.replaceAll('`', ''),
    }
  })

t.test('every name is exported where the table says', async (t) => {
  const exported = new Map((await entryPoints()).map(({ name, exports }) => [name, exports.map((one) => one.name)]))
  t.ok(rows.length >= 40)
  for (const { theirs, names, entry } of rows.filter((row) => row.entry !== '')) {
    t.ok(names.length > 0, `${theirs} has a name here`)
    for (const name of names) t.ok(exported.get(entry)?.includes(name), `${name} of ${entry}`)
  }
})

/** What the calls of the table are made on. */
const tensors = [
  'x',
  'y',
  'w',
  'c',
  'i',
  'mask',
  'logits',
  'labels',
  'params',
  'dy',
  'queries',
  'keys',
  'values',
  'bias',
]
const numbers = ['n', 'low', 'high', 'fanIn', 'fanOut', 'peak', 'warmup', 'images']
const given = `
import type { Backend, Declaration, Feeds, Key, One, Program, Tensor } from 'diffit'
import type { SafeTensors, Writable } from 'diffit/io'
import type { Entry, Parameter } from 'diffit/nn'
declare const ${tensors.map((name) => `${name}: Tensor`).join(', ')}
declare const ${numbers.map((name) => `${name}: number`).join(', ')}
declare const list: number[], axes: number[], size: number[], stride: number[], dilation: number[]
declare const shapes: [2, 3], points: [2, 3], path: string, k: Key, theta: Float64Array
declare const f: (x: Tensor) => Tensor, net: (p: unknown) => (x: Tensor) => Tensor
declare const backend: Backend, step: Program, outputs: { y: Tensor }, feeds: Feeds
declare const declaration: Declaration<One, Record<string, never>>
declare const spec: { weight: Parameter }, tensors: Record<string, Entry>, file: SafeTensors<Writable>
declare const linearOf: { weight: Tensor; bias: Tensor }
declare const p: typeof linearOf & Record<'q' | 'k' | 'v' | 'proj', typeof linearOf> & Record<'running_mean' | 'running_var', Tensor>
`

t.test('every call type-checks', async (t) => {
  const there = await outside()
  t.teardown(there.remove)
  const files = (await entryPoints()).map(async ({ name, exports }) => {
    const calls = rows.flatMap((row) => (row.entry === name ? row.calls : []))
    const used = exports.filter(
      (one) => one.kind === 'value' && calls.some((call) => new RegExp(`(?<![\\w.])${one.name}(?![\\w:])`).test(call)),
    )
    const names = used.map((one) => one.name).filter((one) => !given.includes(` ${one}: `))
    const code = `import { ${names.join(', ')} } from '${name}'${given}export const calls = [\n${calls.map((call) => `  () => ${call},\n`).join('')}]\n`
    return there.file(`${name.replace('/', '-')}.ts`, code)
  })
  const complaints = await there.check(await Promise.all(files)).then(
    () => '',
    (error: { readonly stdout: string }) => error.stdout,
  )
  t.equal(complaints, '')
})

t.test('what surprises is so', async (t) => {
  const refused = (build: () => unknown): unknown => {
    try {
      return build()
    } catch (error) {
      return error
    }
  }
  t.ok(refused(() => input('x', [0])) instanceof ShapeError, 'a size of 0 is refused')
  const x = input('x', [4])
  const out = await evaluate(backends.cpu)(
    { variance: d.variance(x), gelu: d.gelu(x), exact: d.geluExact(x), norm: nn.layerNorm(x) },
    { x: [1, 2, 3, 4] },
  )
  t.equal(out.variance[0], 1.25, 'variance divides by n')
  t.not(out.gelu[0], out.exact[0], 'gelu is the tanh approximation')
  const [largest, gradient] = valueAndGrad((v: d.Tensor) => d.max(v))(x)
  const ties = await evaluate(backends.cpu)({ largest, gradient }, { x: [1, 3, 3, 2] })
  t.same([...ties.gradient], [0, 0.5, 0.5, 0], 'ties share the gradient')
  const logits = input('logits', [2, 3])
  t.same(d.crossEntropy(logits, d.index('labels', [2], 3)).shape, [2], 'crossEntropy gives one number per row')
  const image = input('image', [1, 8, 8, 3])
  const kernel = { weight: input('w', [3, 3, 3, 5]), bias: null }
  t.same(nn.conv({ stride: 1 })(kernel)(image).shape, [1, 8, 8, 5], 'conv pads by same, and channels are last')
  const doubled = await compile(backends.cpu)({ outputs: { y: d.mul(x, 2) } })
  await t.rejects(doubled.run({ x: [1, 2, 3, 4], z: [1] }), { name: 'FeedError' }, 'an unknown name is refused')
  await doubled.dispose()
})
