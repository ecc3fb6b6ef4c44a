/**
 * Laws of every row of the table of primitives: its vjp is the adjoint of its derivative, in first and second order;
 * it is linear in dy; shapes are what the rules say.
 */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { gradientHolds } from '../src/check/index.ts'
import { evaluate } from '../src/lower/compile.ts'
import { key, uniform } from '../src/random/key.ts'
import { add, input, mul, type Tensor } from '../src/tensor/ops.ts'
import type { Row } from '../src/tensor/primitive.ts'
import { primitives } from '../src/tensor/primitives.ts'
import { size } from '../src/tensor/shape.ts'
import { vjp } from '../src/transform/grad.ts'
import { evenly } from './evenly.ts'
import { numbers, type PrimitiveCase } from './points.ts'

const seed = fc.integer({ min: 0, max: 2 ** 31 })

const points = (row: Row, c: PrimitiveCase, from: number) => {
  const values = numbers(row, c, from)
  return c.shapes.map((shape, i) => ({ shape, values: values[i] ?? new Float64Array() }))
}

for (const row of primitives)
  for (const [i, c] of row.cases.entries()) {
    const name = row.cases.length > 1 ? `${row.name} (${i + 1})` : row.name
    const inputs = c.shapes.map((shape, j) => input(`x${j}`, shape))
    const y = c.f(...inputs)
    const feeds = (from: number) => Object.fromEntries(points(row, c, from).map(({ values }, j) => [`x${j}`, values]))

    t.test(`${name}: <dy, J v> = <J' dy, v>, and so again for its gradient`, () =>
      fc.assert(
        fc.asyncProperty(seed, (s) => gradientHolds(cpu)((xs: readonly Tensor[]) => c.f(...xs), points(row, c, s))(s)),
        { numRuns: 20 },
      ),
    )

    t.test(`${name}: its vjp is linear in dy`, () =>
      fc.assert(
        fc.asyncProperty(seed, evenly(-3, 3), async (s, factor) => {
          const [a, b] = [input('a', y.shape), input('b', y.shape)]
          const of = (dy: Tensor): readonly Tensor[] => vjp(y, dy, inputs)
          const [left, fromA, fromB] = [of(add(mul(a, factor), b)), of(a), of(b)]
          const pairs = left.flatMap((l, j) => {
            const [p, q] = [fromA[j], fromB[j]]
            return p === undefined || q === undefined
              ? []
              : [[`l${j}`, l] as const, [`r${j}`, add(mul(p, factor), q)] as const]
          })
          const used = Object.fromEntries(pairs)
          const all = { ...used, ...Object.fromEntries(inputs.map((x, j) => [`x${j}`, x])), a, b }
          const got = await evaluate(cpu)(all, {
            ...feeds(s),
            a: uniform(key(s + 1), size(y.shape)),
            b: uniform(key(s + 2), size(y.shape)),
          })
          return inputs.every((_, j) => {
            const [l, r] = [got[`l${j}`] ?? [], got[`r${j}`] ?? []]
            return (
              l.length === r.length &&
              l.every((v, k) => Math.abs(v - (r[k] ?? Number.NaN)) <= 1e-12 * (1 + Math.abs(v)))
            )
          })
        }),
        { numRuns: 10 },
      ),
    )

    t.test(`${name}: values have the shape of the shape rule, and gradients the shape of their input`, async (t) => {
      const dy = input('dy', y.shape)
      const gradients = vjp(y, dy, inputs)
      t.same(
        gradients.map((g) => g.shape),
        c.shapes,
      )
      const outputs = {
        y,
        ...Object.fromEntries(gradients.map((g, j) => [`g${j}`, g])),
        dy,
        ...Object.fromEntries(inputs.map((x, j) => [`x${j}`, x])),
      }
      const got = await evaluate(cpu)(outputs, { ...feeds(1), dy: uniform(key(2), size(y.shape)) })
      for (const [what, tensor] of Object.entries(outputs)) {
        t.equal(got[what]?.length, size(tensor.shape), what)
        t.ok(got[what]?.every(Number.isFinite), `${what} has a number everywhere`)
      }
    })
  }
