/** Reductions; the reduced axes stay, with size 1, so that the result broadcasts back (`ops.ts` can drop them). */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { div, ge, mul } from './elementwise.ts'
import { broadcast } from './movement.ts'
import { type Declaration, primitive } from './primitive.ts'
import { fromFront, normaliseAxes, type Shape } from './shape.ts'
import type { Tensor } from './tensor.ts'

type Axes = { readonly axes: readonly number[] }

const reducedShape = ([s = []]: readonly Shape[], { axes }: Axes): E.Either<string, Shape> =>
  pipe(
    normaliseAxes(axes, s.length),
    E.map((sorted) => s.map((n, i) => (sorted.includes(i) ? 1 : n))),
  )

const reduction = (
  how: 'sum' | 'max',
  domain: Declaration<Axes>['domain'],
  vjp: (x: Tensor, y: Tensor, dy: Tensor) => Tensor,
) =>
  primitive<Axes>({
    name: how === 'sum' ? 'sum' : 'reduceMax',
    shape: reducedShape,
    lower: (_, { axes }) => ({ kind: 'reduce', how, axes }),
    vjp: ({ x: [x], y, dy }) => (x === undefined ? [] : [vjp(x, y, dy)]),
    domain,
  })

const cases = [
  { attributes: { axes: [1] }, shapes: [[2, 3]] },
  { attributes: { axes: [0, 2] }, shapes: [[2, 3, 4]] },
]

export const sumPrimitive = reduction('sum', { interval: [-4, 4], cases }, (x, _y, dy) => broadcast(x.shape)(dy))

/** Where several elements share the maximum they share its gradient equally. */
export const reduceMaxPrimitive = reduction('max', { interval: [-4, 4], kinks: true, cases }, (x, y, dy) => {
  const axes = x.shape.flatMap((n, i) => (n === y.shape[i] ? [] : [i]))
  const winners = ge(x, broadcast(x.shape)(y))
  return mul(winners, broadcast(x.shape)(div(dy, sum(axes)(winners))))
})

export const sum =
  (axes: readonly number[]) =>
  (x: Tensor): Tensor =>
    sumPrimitive.apply({ axes: axes.map((a) => fromFront(a, x.shape.length)) }, [x])
export const reduceMax =
  (axes: readonly number[]) =>
  (x: Tensor): Tensor =>
    reduceMaxPrimitive.apply({ axes: axes.map((a) => fromFront(a, x.shape.length)) }, [x])
