/** The names that docs/from-pytorch.md translates to are exports of the entry points that it says. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import * as d from '../../src/index.ts'
import { compile, evaluate, input, ShapeError, valueAndGrad } from '../../src/index.ts'
import * as nn from '../../src/nn/index.ts'
import { entryPoints } from './api.ts'

const text = await readFile('docs/from-pytorch.md', 'utf8')
const [, table = ''] = text.split('|---|---|---|---|\n')

interface Row {
  readonly theirs: string
  /** What its code begins with: `softmax`. */
  readonly names: readonly string[]
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
