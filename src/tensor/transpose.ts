/** Axes in another order, and elements in reverse order along axes: views that move no data. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { type Axes, at, axesOf, orderedAxes, sizeAt } from './axes.ts'
import { configured, orThrow } from './errors.ts'
import { type One, one, type Primitive, primitive } from './primitive.ts'
import { sameShape, text } from './shape.ts'
import type { Strided, Tensor } from './tensor.ts'

const pick = <T>(list: readonly T[], order: readonly number[]): readonly T[] => order.map((i) => at(list, i))

/** The inverse permutation: axis order[i] of the result is axis i. */
export const inverseOrder = (order: readonly number[]): readonly number[] => order.map((_, i) => order.indexOf(i))

const permuted = (v: Strided, order: readonly number[]): Strided => ({
  offset: v.offset,
  shape: pick(v.shape, order),
  strides: pick(v.strides, order),
})

export const transposePrimitive: Primitive<One, { readonly order: readonly number[] }> = primitive<
  One,
  { readonly order: readonly number[] }
>({
  name: 'transpose',
  takes: one,
  shape: ([x], { order }) =>
    pipe(
      orderedAxes(order, x.shape.length),
      E.chain((places) =>
        places.length === x.shape.length
          ? E.right(pick(x.shape, places))
          : E.left(`${text(order)} is no order of ${x.shape.length} axes`),
      ),
    ),
  lower: (_, { order }) => ({
    kind: 'view',
    view: (v) => permuted(v, order),
    inverse: (v) => permuted(v, inverseOrder(order)),
    repeats: false,
  }),
  vjp: ({ attributes: { order }, dy }) => [transpose(inverseOrder(order))(dy)],
  simplify: ({ x: [x], attributes: { order } }) => {
    if (order.every((a, i) => a === i)) return x
    const inner = transposePrimitive.match(x)
    return inner === null ? null : transpose(pick(inner.attributes.order, order))(inner.x[0])
  },
  domain: { interval: [-4, 4], cases: [{ attributes: { order: [2, 0, 1] }, shapes: [[2, 3, 4]] }] },
})

/** Axis i of the output is axis order[i] of the input. */
export const transpose = configured('transpose', (order: readonly number[]) => (x: Tensor): Tensor => {
  const places = orThrow('transpose', [x], orderedAxes(order, x.shape.length))
  const stays = places.length === x.shape.length && places.every((a, i) => a === i)
  return stays ? x : transposePrimitive.apply({ order: places }, [x])
})

const flipped = (v: Strided, axes: readonly number[]): Strided => ({
  shape: v.shape,
  offset: axes.reduce((o, a) => o + (sizeAt(v.shape, a) - 1) * at(v.strides, a), v.offset),
  strides: v.strides.map((s, i) => (axes.includes(i) ? -s : s)),
})

export const flipPrimitive: Primitive<One, { readonly axes: readonly number[] }> = primitive<
  One,
  { readonly axes: readonly number[] }
>({
  name: 'flip',
  takes: one,
  shape: ([x], { axes }) =>
    pipe(
      axesOf(axes, x.shape.length),
      E.map(() => x.shape),
    ),
  lower: (_, { axes }) => ({
    kind: 'view',
    view: (v) => flipped(v, axes),
    inverse: (v) => flipped(v, axes),
    repeats: false,
  }),
  vjp: ({ attributes: { axes }, dy }) => [flip(axes)(dy)],
  simplify: ({ x: [x], attributes: { axes } }) => {
    const inner = flipPrimitive.match(x)
    return inner !== null && sameShape(axes, inner.attributes.axes) ? inner.x[0] : null
  },
  domain: { interval: [-4, 4], cases: [{ attributes: { axes: [0, 2] }, shapes: [[2, 3, 2]] }] },
})

/** Reverses the order of elements along axes. */
export const flip = configured('flip', (axes: Axes) => (x: Tensor): Tensor => {
  const places = orThrow('flip', [x], axesOf(axes, x.shape.length))
  return places.length === 0 ? x : flipPrimitive.apply({ axes: places }, [x])
})
