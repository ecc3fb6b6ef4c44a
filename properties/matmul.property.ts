/** NumPy's matrix product, held to its definition: batches that broadcast, vectors as rows and columns. */

import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { wasm } from '../backends/wasm/index.ts'
import { evaluate } from '../src/lower/compile.ts'
import type { Backend } from '../src/plan/backend.ts'
import { sizeAt } from '../src/tensor/axes.ts'
import { input, matmul, ShapeError } from '../src/tensor/ops.ts'
import { strides } from '../src/tensor/shape.ts'
import { compare } from './agreement/agree.ts'
import { indicesOf } from './indices.ts'
import { draw } from './layers.ts'

type Shape = readonly number[]

const sizes = fc.integer({ min: 1, max: 4 })

/** The leading axes of two operands that broadcast: some of the axes of one shape, any of them 1. */
const leads: fc.Arbitrary<readonly [Shape, Shape]> = fc.array(sizes, { maxLength: 3 }).chain((whole) => {
  const part = fc
    .tuple(fc.nat(whole.length), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([from, single]) => whole.slice(from).map((n, i) => (single[i] ? 1 : n)))
  return fc.tuple(part, part)
})

interface Operands {
  readonly a: Shape
  readonly b: Shape
}
const operands: fc.Arbitrary<Operands> = fc
  .record({ lead: leads, n: sizes, k: sizes, m: sizes, row: fc.boolean(), column: fc.boolean() })
  .map(({ lead: [p, q], n, k, m, row, column }) => ({
    a: row ? [k] : [...p, n, k],
    b: column ? [k] : [...q, k, m],
  }))

/** The product, element by element, as NumPy's documentation defines it. */
const byDefinition = ({ a, b }: Operands, x: Float64Array, w: Float64Array): readonly [Shape, Float64Array] => {
  const [p, q] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b]
  const rank = Math.max(p.length, q.length) - 2
  const full = (s: Shape): Shape => [...Array.from({ length: rank + 2 - s.length }, () => 1), ...s]
  const [fa, fb] = [full(p), full(q)]
  const lead = fa.slice(0, rank).map((n, i) => Math.max(n, sizeAt(fb, i)))
  const [n = 0, k = 0, m = 0] = [...fa.slice(-2), ...fb.slice(-1)]
  const at = (s: Shape, index: Shape): number =>
    strides(s).reduce((o, step, i) => o + step * (s[i] === 1 ? 0 : sizeAt(index, i)), 0)
  const values = indicesOf([...lead, n, m]).map((index) => {
    const [batch, i = 0, j = 0] = [index.slice(0, rank), ...index.slice(rank)]
    return Array.from(
      { length: k },
      (_, l) => (x[at(fa, [...batch, i, l])] ?? Number.NaN) * (w[at(fb, [...batch, l, j])] ?? Number.NaN),
    ).reduce((sum, v) => sum + v, 0)
  })
  const shape = [...lead, ...(a.length === 1 ? [] : [n]), ...(b.length === 1 ? [] : [m])]
  return [shape, Float64Array.from(values)]
}

/** Many products in one program. */
const check = async (backend: Backend, all: readonly Operands[], tolerance: number): Promise<void> => {
  const cases = all.map((o, i) => {
    const [x, w] = [draw(1, o.a).map(Math.fround), draw(2, o.b).map(Math.fround)]
    const y = matmul(input(`x${i}`, o.a), input(`w${i}`, o.b))
    const [shape, expected] = byDefinition(o, x, w)
    if (y.shape.join() !== shape.join()) throw new Error(`${o.a} times ${o.b}: shape ${y.shape}, expected ${shape}`)
    return { y: [`y${i}`, y], expected: [`y${i}`, expected], feeds: { [`x${i}`]: x, [`w${i}`]: w } } as const
  })
  const feeds = cases.reduce<Readonly<Record<string, Float64Array>>>((f, c) => ({ ...f, ...c.feeds }), {})
  const found = await evaluate(backend)(Object.fromEntries(cases.map((c) => c.y)), feeds)
  compare(found, Object.fromEntries(cases.map((c) => c.expected)), tolerance)
}

for (const { backend, tolerance, runs } of [
  { backend: cpu, tolerance: 1e-12, runs: 60 },
  { backend: wasm, tolerance: 1e-5, runs: 2 },
])
  t.test(`${backend.name}: a product of any batches that broadcast, rows and columns, is NumPy's`, async (t) => {
    await check(backend, [{ a: [4, 5, 4], b: [4, 4, 6] }], tolerance)
    await fc.assert(
      fc.asyncProperty(fc.array(operands, { minLength: 1, maxLength: 12, size: 'max' }), (all) =>
        check(backend, all, tolerance),
      ),
      { numRuns: runs },
    )
    t.pass('')
  })

t.test('leading axes that do not broadcast, and inner axes that differ, are refused', async (t) => {
  fc.assert(
    fc.property(leads, fc.integer({ min: 5, max: 9 }), fc.integer({ min: 10, max: 12 }), ([p, q], n, m) => {
      t.throws(() => matmul(input('x', [n, ...p, 2, 3]), input('w', [m, ...p, 3, 2])), ShapeError)
      t.throws(() => matmul(input('x', [...p, 2, n]), input('w', [...q, m, 2])), ShapeError)
    }),
    { numRuns: 30 },
  )
})
