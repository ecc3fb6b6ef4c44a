/** The vocabulary beside PyTorch's, in values and gradients; `spec/fixtures/vocabulary.py` makes what it is held to. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import * as io from 'io-ts'
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { distance, fewRoundings } from '../../properties/agreement/agree.ts'
import { evaluate } from '../../src/lower/compile.ts'
import * as T from '../../src/tensor/ops.ts'
import { vjp } from '../../src/transform/grad.ts'

const numbers = io.array(io.number)
const block = io.strict({ shape: numbers, values: numbers })
const fixture = io.strict({
  cases: io.array(
    io.strict({ name: io.string, inputs: io.array(block), y: block, dy: block, gradients: io.array(block) }),
  ),
  known: io.strict({ erf: io.array(io.tuple([io.number, io.number])) }),
})
const read = fixture.decode(
  JSON.parse(gunzipSync(readFileSync(new URL('../fixtures/vocabulary.json.gz', import.meta.url))).toString()),
)
if (E.isLeft(read)) throw new Error('vocabulary.json.gz is not what vocabulary.py writes')
const { cases, known } = read.right

type Unary = (x: T.Tensor) => T.Tensor
type Binary = (a: T.Tensor, b: T.Tensor) => T.Tensor

const labels = T.array([2, 0, 2])
const pool = { axes: [1, 2], size: [3, 2], stride: [2, 1], padding: [1, 1] }
const around = [
  [1, 3],
  [2, 1],
] as const

const unaries: Readonly<Record<string, Unary>> = {
  relu: T.relu,
  'clip(-1, 1.5)': T.clip(-1, 1.5),
  'pow(x, 3)': (x) => T.pow(x, 3),
  'pow(x, -2)': (x) => T.pow(x, -2),
  'pow(x, 2.5)': (x) => T.pow(x, 2.5),
  'pow of negative numbers and 0': (x) => T.pow(x, T.array([2, 3, 2, 1, 0])),
  rsqrt: T.rsqrt,
  sin: T.sin,
  cos: T.cos,
  erf: T.erf,
  geluExact: T.geluExact,
  log1p: T.log1p,
  expm1: T.expm1,
  prod: T.prod,
  'prod(1)': T.prod(1),
  argmax: T.argmax,
  'argmax(1)': T.argmax(1),
  'argmin(0, keep)': T.argmin(0, { keep: true }),
  'logSumExp(1)': T.logSumExp(1),
  'logSoftmax(1)': T.logSoftmax(1),
  variance: T.variance,
  'variance(1, correction 1)': T.variance(1, { correction: 1, keep: true }),
  'gather(0)': T.gather(0, labels),
  'gather(1)': T.gather(1, labels),
  crossEntropy: (x) => T.crossEntropy(x, labels),
  avgPool: T.avgPool(pool),
  maxPool: T.maxPool(pool),
  pad: T.pad(
    [
      [1, 0],
      [2, 1],
    ],
    { value: 7 },
  ),
  'pad edge': T.pad(around, { mode: 'edge' }),
  'pad reflect': T.pad(around, { mode: 'reflect' }),
  'einsum of one': T.einsum('abc->ca'),
}
const binaries: Readonly<Record<string, Binary>> = {
  pow: T.pow,
  'stack(1)': (a, b) => T.stack(1)([a, b]),
  einsum: T.einsum('bik,jbk->ijb'),
  'einsum that sums alone': T.einsum('abc,ad->da'),
}

const build = (name: string, xs: readonly T.Tensor[]): T.Tensor => {
  const [a, b] = xs
  const [f, g] = [unaries[name], binaries[name]]
  if (a !== undefined && b !== undefined && g !== undefined) return g(a, b)
  if (a !== undefined && f !== undefined) return f(a)
  throw new Error(`the fixture has a case ${name}, which is not known here`)
}

interface Expected {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: readonly number[]
  readonly tensor: T.Tensor
}

/** A case as a part of one program: its numbers, and what is expected of its value and gradients. */
const programs = cases.map((c) => {
  const inputs = c.inputs.map(({ shape }, i) => T.input(`${c.name}: input ${i}`, shape))
  const y = build(c.name, inputs)
  const dy = T.input(`${c.name}: dy`, c.dy.shape)
  const expected: readonly Expected[] = [
    { name: c.name, ...c.y, tensor: y },
    ...vjp(y, dy, inputs).flatMap((tensor, i) => {
      const gradient = c.gradients[i]
      return gradient === undefined ? [] : [{ name: `${c.name}: gradient ${i}`, ...gradient, tensor }]
    }),
  ]
  const feeds = [
    ...c.inputs.map(({ values }, i) => [`${c.name}: input ${i}`, Float64Array.from(values)] as const),
    [`${c.name}: dy`, Float64Array.from(c.dy.values)] as const,
  ]
  return { expected, feeds, inputs: [...inputs, dy] }
})

for (const [backend, tolerance] of [[cpu, 1e-13] as const, [wasm, fewRoundings] as const])
  t.test(`${backend.name}: PyTorch's values and gradients`, async (t) => {
    const all = programs.flatMap((p) => p.expected)
    const found = await evaluate(backend, { threads: 1 })(
      Object.fromEntries(all.map((e) => [e.name, e.tensor])),
      Object.fromEntries(programs.flatMap((p) => p.feeds)),
      programs.flatMap((p) => p.inputs),
    )
    t.equal(cases.length, Object.keys(unaries).length + Object.keys(binaries).length, 'every case is in the file')
    for (const { name, shape, values } of all) {
      t.same(found[name]?.shape, shape, name)
      const by = distance(found[name], values)
      t.ok(by <= tolerance, `${name} is off by ${by}`)
    }
  })

t.test('erf in float64 is known to the last digits', async (t) => {
  const { y = [] } = await evaluate(cpu)(
    { y: T.erf(T.input('x', [known.erf.length])) },
    { x: known.erf.map(([x]) => x) },
  )
  known.erf.forEach(([x, expected], i) => {
    t.ok(
      Math.abs((y[i] ?? Number.NaN) - expected) <= 1e-15 * Math.abs(expected),
      `erf(${x}) is ${y[i]}, not ${expected}`,
    )
  })
})
