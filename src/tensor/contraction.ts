/** Products: sums over paired axes of two operands, linear in both. */
import * as E from 'fp-ts/lib/Either.js'
import { transpose } from './movement.ts'
import { type Primitive, primitive } from './primitive.ts'
import { type Shape, text } from './shape.ts'
import type { Tensor } from './tensor.ts'

type Pairs = readonly (readonly number[])[]
/** Paired axes as [a's, b's]. */
type Spec = {
  readonly batchA: readonly number[]
  readonly batchB: readonly number[]
  readonly sumA: readonly number[]
  readonly sumB: readonly number[]
}

const free = (rank: number, taken: readonly number[]): readonly number[] =>
  Array.from({ length: rank }, (_, i) => i).filter((i) => !taken.includes(i))
const sizes = (s: Shape, axes: readonly number[]): readonly number[] => axes.map((i) => s[i] ?? 0)
const range = (n: number, from = 0): readonly number[] => Array.from({ length: n }, (_, i) => from + i)

/** Output axes: batch, then a's free axes, then b's free axes, each in its own order. */
export const contractPrimitive: Primitive<Spec> = primitive<Spec>({
  name: 'contract',
  shape: ([a = [], b = []], s) => {
    const pairs: Pairs = [
      ...s.batchA.map((i, j) => [i, s.batchB[j] ?? -1]),
      ...s.sumA.map((i, j) => [i, s.sumB[j] ?? -1]),
    ]
    const clash = pairs.find(([i = -1, j = -1]) => a[i] === undefined || a[i] !== b[j])
    if (clash !== undefined) return E.left(`axis ${clash[0]} of ${text(a)} and axis ${clash[1]} of ${text(b)} differ`)
    return E.right([
      ...sizes(a, s.batchA),
      ...sizes(a, free(a.length, [...s.batchA, ...s.sumA])),
      ...sizes(b, free(b.length, [...s.batchB, ...s.sumB])),
    ])
  },
  lower: (_, s) => ({
    kind: 'contract',
    spec: { batch: s.batchA.map((i, j) => [i, s.batchB[j] ?? 0]), sum: s.sumA.map((i, j) => [i, s.sumB[j] ?? 0]) },
  }),
  vjp: ({ x: [a, b], dy }, s) => {
    if (a === undefined || b === undefined) return []
    const [batch, m, n] = [
      s.batchA.length,
      a.shape.length - s.batchA.length - s.sumA.length,
      b.shape.length - s.batchB.length - s.sumB.length,
    ]
    const [freeA, freeB] = [
      free(a.shape.length, [...s.batchA, ...s.sumA]),
      free(b.shape.length, [...s.batchB, ...s.sumB]),
    ]
    // dA[batch, m, k] = dy[batch, m, n] . B[batch, n, k], then back to a's order of axes
    const da = contractPrimitive.apply(
      { batchA: range(batch), batchB: s.batchB, sumA: range(n, batch + m), sumB: freeB },
      [dy, b],
    )
    const db = contractPrimitive.apply({ batchA: s.batchA, batchB: range(batch), sumA: freeA, sumB: range(m, batch) }, [
      a,
      dy,
    ])
    // k comes out in the order in which the other operand holds it
    const byB = [...s.sumB].sort((i, j) => i - j).map((i) => s.sumA[s.sumB.indexOf(i)] ?? -1)
    const byA = [...s.sumA].sort((i, j) => i - j).map((i) => s.sumB[s.sumA.indexOf(i)] ?? -1)
    const orderA = [...s.batchA, ...freeA, ...byB]
    const orderB = [...s.batchB, ...byA, ...freeB]
    return [
      transpose(orderA.map((_, i) => orderA.indexOf(i)))(da),
      transpose(orderB.map((_, i) => orderB.indexOf(i)))(db),
    ]
  },
  domain: {
    interval: [-2, 2],
    cases: [
      {
        attributes: { batchA: [], batchB: [], sumA: [1], sumB: [0] },
        shapes: [
          [2, 3],
          [3, 4],
        ],
      },
      {
        attributes: { batchA: [0], batchB: [1], sumA: [2], sumB: [0] },
        shapes: [
          [2, 3, 4],
          [4, 2, 2],
        ],
      },
      {
        attributes: { batchA: [], batchB: [], sumA: [0, 2], sumB: [2, 1] },
        shapes: [
          [2, 3, 4],
          [2, 4, 2],
        ],
      },
    ],
  },
})

/** Pairs as in an einsum: `contract({ batch: [[0, 0]], sum: [[2, 1]] })(a, b)` is a batched matrix product. */
export const contract =
  (spec: {
    readonly batch?: readonly (readonly [number, number])[]
    readonly sum: readonly (readonly [number, number])[]
  }) =>
  (a: Tensor, b: Tensor): Tensor => {
    const batch = spec.batch ?? []
    return contractPrimitive.apply(
      {
        batchA: batch.map(([i]) => i),
        batchB: batch.map(([, j]) => j),
        sumA: spec.sum.map(([i]) => i),
        sumB: spec.sum.map(([, j]) => j),
      },
      [a, b],
    )
  }

/** The last axis of a with the first of b: [..., k] x [k, ...] -> [..., ...]. */
export const matmul = (a: Tensor, b: Tensor): Tensor => contract({ sum: [[a.shape.length - 1, 0]] })(a, b)
