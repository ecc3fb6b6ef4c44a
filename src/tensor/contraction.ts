/** Products: sums over paired axes of two operands, linear in both. */
import * as E from 'fp-ts/lib/Either.js'
import { at, axisOf, orderedAxes, range, sizeAt } from './axes.ts'
import { configured, orThrow } from './errors.ts'
import { type Primitive, primitive, type Two, two } from './primitive.ts'
import { type Shape, text } from './shape.ts'
import type { ContractSpec, Tensor } from './tensor.ts'
import { inverseOrder, transpose } from './transpose.ts'

/** Paired axes, a's beside b's. */
type Paired = {
  readonly batchA: readonly number[]
  readonly batchB: readonly number[]
  readonly sumA: readonly number[]
  readonly sumB: readonly number[]
}

const free = (rank: number, taken: readonly number[]): readonly number[] =>
  range(rank).filter((i) => !taken.includes(i))
const sizes = (s: Shape, axes: readonly number[]): readonly number[] => axes.map((i) => sizeAt(s, i))

const freeOf = ([a, b]: Two, s: Paired): { readonly freeA: readonly number[]; readonly freeB: readonly number[] } => ({
  freeA: free(a.shape.length, [...s.batchA, ...s.sumA]),
  freeB: free(b.shape.length, [...s.batchB, ...s.sumB]),
})

const pairs = (left: readonly number[], right: readonly number[]): ContractSpec['sum'] =>
  left.map((i, k) => [i, at(right, k)] as const)

/** Output axes: batch, then a's free axes, then b's free axes, each in its own order. */
export const contractPrimitive: Primitive<Two, Paired> = primitive<Two, Paired>({
  name: 'contract',
  takes: two,
  shape: ([a, b], s) => {
    const taken = [
      orderedAxes([...s.batchA, ...s.sumA], a.shape.length),
      orderedAxes([...s.batchB, ...s.sumB], b.shape.length),
    ]
    const wrong = taken.find(E.isLeft)
    if (wrong !== undefined) return wrong
    const all = [...pairs(s.batchA, s.batchB), ...pairs(s.sumA, s.sumB)]
    const clash = all.find(([i, j]) => a.shape[i] !== b.shape[j])
    if (clash !== undefined)
      return E.left(`axis ${clash[0]} of ${text(a.shape)} and axis ${clash[1]} of ${text(b.shape)} differ in size`)
    const { freeA, freeB } = freeOf([a, b], s)
    return E.right([...sizes(a.shape, s.batchA), ...sizes(a.shape, freeA), ...sizes(b.shape, freeB)])
  },
  lower: (_, s) => ({ kind: 'contract', spec: { batch: pairs(s.batchA, s.batchB), sum: pairs(s.sumA, s.sumB) } }),
  vjp: ({ x: [a, b], attributes: s, dy }) => {
    const { freeA, freeB } = freeOf([a, b], s)
    const [batch, m, n] = [s.batchA.length, freeA.length, freeB.length]
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
    const partners = (mine: readonly number[], others: readonly number[]): readonly number[] =>
      others.toSorted((i, j) => i - j).map((i) => at(mine, others.indexOf(i)))
    const orderA = [...s.batchA, ...freeA, ...partners(s.sumA, s.sumB)]
    const orderB = [...s.batchB, ...partners(s.sumB, s.sumA), ...freeB]
    return [transpose(inverseOrder(orderA))(da), transpose(inverseOrder(orderB))(db)]
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

type Pairs = readonly (readonly [a: number, b: number])[]

/** Pairs of axes as in an einsum: `contract({ batch: [[0, 0]], sum: [[2, 1]] })(a, b)` is a batched matrix product. */
export const contract = configured(
  'contract',
  ({ batch = [], sum }: { readonly batch?: Pairs; readonly sum: Pairs }) =>
    (a: Tensor, b: Tensor): Tensor => {
      const ofA = (axis: number): number => orThrow('contract', [a, b], axisOf(axis, a.shape.length))
      const ofB = (axis: number): number => orThrow('contract', [a, b], axisOf(axis, b.shape.length))
      return contractPrimitive.apply(
        {
          batchA: batch.map(([i]) => ofA(i)),
          batchB: batch.map(([, j]) => ofB(j)),
          sumA: sum.map(([i]) => ofA(i)),
          sumB: sum.map(([, j]) => ofB(j)),
        },
        [a, b],
      )
    },
)
