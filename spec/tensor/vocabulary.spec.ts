/** The vocabulary beside PyTorch's, in values and gradients; `spec/fixtures/vocabulary.py` makes what it is held to. */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { fewRoundings } from '../../properties/agreement/agree.ts'
import { evaluate } from '../../src/lower/compile.ts'
import * as T from '../../src/tensor/ops.ts'
import { outcomes } from '../fixtures/pytorch.ts'
import { cases, known } from './fixture.ts'

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
  'avgPool of what is there': T.avgPool({ ...pool, countPadding: false }),
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

for (const [backend, tolerance] of [[cpu, 1e-13] as const, [wasm, fewRoundings] as const])
  t.test(`${backend.name}: PyTorch's values and gradients`, async (t) => {
    t.equal(cases.length, Object.keys(unaries).length + Object.keys(binaries).length, 'every case is in the file')
    for (const { name, shape, expected, distance } of await outcomes(backend, cases, build)) {
      t.same(shape, expected, name)
      t.ok(distance <= tolerance, `${name} is off by ${distance}`)
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
