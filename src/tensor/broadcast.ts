/**
 * Broadcasting along axes, and summing over them. Each is the adjoint of the other, so they share a file: the vjp of
 * `broadcast` is the only un-broadcast in the code.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { at, axesOf, shapeOf } from './axes.ts'
import { configured } from './errors.ts'
import { operand, X } from './expression.ts'
import { type One, one, type Primitive, primitive } from './primitive.ts'
import { reshape } from './reshape.ts'
import { type Shape, sameShape, text } from './shape.ts'
import type { Fold, Tensor } from './tensor.ts'

/** New leading axes and axes of size 1 are repeated. */
export const broadcastPrimitive: Primitive<One, { readonly shape: Shape }> = primitive<One, { readonly shape: Shape }>({
  name: 'broadcast',
  takes: one,
  shape: ([x], { shape }) => {
    const lead = shape.length - x.shape.length
    const fits = lead >= 0 && x.shape.every((n, i) => n === 1 || n === shape[lead + i])
    return fits ? shapeOf(shape) : E.left(`${text(x.shape)} cannot be repeated to ${text(shape)}`)
  },
  lower: ([x], { shape }) => ({
    kind: 'view',
    view: (v) => {
      const lead = shape.length - x.shape.length
      return { ...v, shape, strides: shape.map((n, i) => (v.shape[i - lead] === n ? at(v.strides, i - lead) : 0)) }
    },
    inverse: null,
    repeats: true,
  }),
  vjp: ({ x: [x], y, dy }) => {
    const lead = y.shape.length - x.shape.length
    const repeated = y.shape.flatMap((n, i) => (x.shape[i - lead] === n ? [] : [i]))
    return [reshape(x.shape)(sumKept(repeated)(dy))]
  },
  simplify: ({ x: [x], y }) => {
    if (sameShape(x.shape, y.shape)) return x
    const inner = broadcastPrimitive.match(x)
    return inner === null ? null : broadcast(y.shape)(inner.x[0])
  },
  domain: {
    interval: [-4, 4],
    cases: [
      { attributes: { shape: [2, 3, 4] }, shapes: [[3, 1]] },
      { attributes: { shape: [2, 3] }, shapes: [[1, 3]] },
    ],
  },
})

/** x repeated to a shape by NumPy's rules: new leading axes and axes of size 1. */
export const broadcast = configured(
  'broadcast',
  (shape: Shape) =>
    (x: Tensor): Tensor =>
      sameShape(shape, x.shape) ? x : broadcastPrimitive.apply({ shape }, [x]),
)

/** The shape of a reduction that keeps its axes, with size 1. */
export const keptShape = (shape: Shape, axes: readonly number[]): E.Either<string, Shape> =>
  pipe(
    axesOf(axes, shape.length),
    E.map((places) => shape.map((n, i) => (places.includes(i) ? 1 : n))),
  )

/** Adds one element after another. */
export const sumFold: Fold = {
  name: 'sum',
  start: 0,
  combine: X.add(operand(0), operand(1)),
  rounds: true,
  // a sum of negative zeros starts at 0
  ofEqual: (value, count) => value * count + 0,
}

export const sumPrimitive: Primitive<One, { readonly axes: readonly number[] }> = primitive<
  One,
  { readonly axes: readonly number[] }
>({
  name: 'sum',
  takes: one,
  shape: ([x], { axes }) => keptShape(x.shape, axes),
  lower: (_, { axes }) => ({ kind: 'reduce', fold: sumFold, axes }),
  vjp: ({ x: [x], dy }) => [broadcast(x.shape)(dy)],
  domain: {
    interval: [-4, 4],
    cases: [
      { attributes: { axes: [1] }, shapes: [[2, 3]] },
      { attributes: { axes: [0, 2] }, shapes: [[2, 3, 4]] },
    ],
  },
})

/** Sums over axes given from the front, which stay with size 1. */
export const sumKept =
  (axes: readonly number[]) =>
  (x: Tensor): Tensor =>
    axes.length === 0 ? x : sumPrimitive.apply({ axes }, [x])
