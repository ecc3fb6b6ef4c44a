/** From times of kernels to lines that people read. */
import t from 'tap'
import { traffic } from '../../src/plan/cost.ts'
import type { Contract, Nest } from '../../src/plan/kernel.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { grouped, kernelLines, rate, structure, totals } from '../../src/plan/profile.ts'
import { sumFold } from '../../src/tensor/broadcast.ts'
import { operand } from '../../src/tensor/expression.ts'
import { apply } from '../tensor/apply.ts'
import { emptyPlan } from './emptyPlan.ts'

/** c [m, 4] = a [m, 8] . b [8, 4] */
const product = (name: string, m: number): Contract => ({
  kind: 'contract',
  name,
  outer: 1,
  axes: [
    { role: 'm', size: m, a: 8, b: 0, c: 4 },
    { role: 'n', size: 4, a: 0, b: 1, c: 1 },
    { role: 'k', size: 8, a: 1, b: 4, c: 0 },
  ],
  a: { buffer: 0, offset: 0 },
  b: { buffer: 1, offset: 0 },
  c: { buffer: 2, offset: 0 },
})

/** The sum of each of 16 rows of 4, scaled by one number. */
const rowSum: Nest = {
  kind: 'nest',
  name: 'row',
  outer: [16],
  kept: [],
  reduced: [4],
  fold: sumFold,
  expression: apply('mul', operand(0), operand(1)),
  loads: [
    { buffer: 2, offset: 0, strides: [4, 1] },
    { buffer: 3, offset: 0, strides: [0, 0] },
  ],
  store: { buffer: 4, offset: 0, strides: [1] },
}
const scaled: Nest = {
  ...rowSum,
  name: 'scaled',
  kept: [4],
  reduced: [],
  fold: null,
  store: { ...rowSum.store, strides: [4, 1] },
}

const plan: Plan = {
  ...emptyPlan,
  regions: [
    { name: 'first', extent: 16, kernels: [product('p', 16), rowSum] },
    { name: 'second', extent: 16, kernels: [scaled, product('q', 16)] },
    { name: 'third', extent: 6, kernels: [product('r', 6)] },
  ],
}

/** Of two runs; packing of a product has a time of its own. */
const taken = [
  { region: 0, kernel: 0, milliseconds: 1 },
  { region: 0, kernel: 0, milliseconds: 3 },
  { region: 0, kernel: 1, milliseconds: 4 },
  { region: 1, kernel: 0, milliseconds: 2 },
  { region: 1, kernel: 1, milliseconds: 6 },
]
const lines = kernelLines(plan, taken, { runs: 2, precision: 'f32' })

t.test('kernels in words: structure and shape', async (t) => {
  t.equal(structure(product('p', 16)), 'contract m16 n4 k8')
  t.equal(structure(rowSum), 'sum 16 over 4: mul(x0, x1)')
  t.equal(structure(scaled), 'map 16x4: mul(x0, x1)')
})

t.test('every element read or written counts once, stride 0 is one element', async (t) => {
  t.equal(traffic(product('p', 16)), 16 * 8 + 8 * 4 + 16 * 4)
  t.equal(traffic(rowSum), 16 * 4 + 1 + 16)
  t.equal(traffic(scaled), 16 * 4 + 1 + 16 * 4)
})

t.test('a line per kernel, per run; several times of a kernel add up', async (t) => {
  t.strictSame(
    lines.map((l) => [l.at[0]?.region, l.at[0]?.name, l.kind, l.milliseconds]),
    [
      [0, 'p', 'contract', 2],
      [0, 'row', 'nest fold', 2],
      [1, 'scaled', 'nest map', 1],
      [1, 'q', 'contract', 3],
      [2, 'r', 'contract', 0],
    ],
  )
  t.equal(lines[0]?.bytes, 4 * traffic(product('p', 16)))
  t.equal(kernelLines(plan, [], { runs: 1, precision: 'f64' })[0]?.bytes, 8 * traffic(product('p', 16)))
})

t.test('equal kernels are one line, the slowest first; nothing is lost', async (t) => {
  const groups = grouped(lines)
  t.strictSame(
    groups.map((l) => [l.what, l.calls, l.milliseconds]),
    [
      ['contract m16 n4 k8', 2, 5],
      ['sum 16 over 4: mul(x0, x1)', 1, 2],
      ['map 16x4: mul(x0, x1)', 1, 1],
      ['contract m6 n4 k8', 1, 0],
    ],
  )
  t.strictSame(
    totals(lines).map((l) => [l.what, l.calls, l.milliseconds, l.flops]),
    [
      ['contract', 3, 5, 2 * (16 + 16 + 6) * 4 * 8],
      ['nest map', 1, 1, 0],
      ['nest fold', 1, 2, 0],
    ],
  )
  const sum = (of: readonly { readonly bytes: number }[]): number => of.reduce((all, l) => all + l.bytes, 0)
  t.equal(sum(groups), sum(lines))
  t.equal(sum(totals(lines)), sum(lines))
})

t.test('rates: products in FLOPs, nests in bytes, with the limit if known', async (t) => {
  const limits = { gflops: 200, gigabytes: 20 }
  const line = {
    ...lines[0],
    kind: 'contract',
    what: '',
    calls: 1,
    at: [],
    milliseconds: 2,
    flops: 1e8,
    bytes: 4e6,
  } as const
  t.strictSame(rate(line, limits), { value: 50, unit: 'GFLOPS', ofLimit: 0.25 })
  t.strictSame(rate({ ...line, kind: 'nest map' }, limits), { value: 2, unit: 'GB/s', ofLimit: 0.1 })
  t.strictSame(rate({ ...line, kind: 'nest fold' }, null), { value: 2, unit: 'GB/s', ofLimit: null })
  t.equal(rate({ ...line, milliseconds: 0 }, limits), null, 'no time, no rate')
})
