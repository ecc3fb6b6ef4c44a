/**
 * Overlapping windows as a view: how a convolution is a matrix product, and how a table of biases by offset becomes one
 * by query and key. Its adjoint adds every element of a window back to where it came from.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { add } from './arithmetic.ts'
import { at, orderedAxes, range, sizeAt } from './axes.ts'
import { dense } from './box.ts'
import { sumKept } from './broadcast.ts'
import { configured, orThrow } from './errors.ts'
import { type One, one, type Primitive, primitive } from './primitive.ts'
import { reshape } from './reshape.ts'
import { text } from './shape.ts'
import { place, slice } from './slice.ts'
import type { Tensor } from './tensor.ts'
import { inverseOrder, transpose } from './transpose.ts'

/** The windows along some axes: size, stride and dilation of each. */
export type Windows = {
  readonly axes: readonly number[]
  readonly size: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
}

/** One axis of windows. */
interface Window {
  readonly axis: number
  readonly taps: number
  readonly stride: number
  readonly dilation: number
}

const eachOf = (w: Windows): readonly Window[] =>
  w.axes.map((axis, i) => ({ axis, taps: at(w.size, i), stride: at(w.stride, i), dilation: at(w.dilation, i) }))

/** How many windows fit into n elements. */
const windowCount = (n: number, { taps, stride, dilation }: Omit<Window, 'axis'>): number =>
  Math.floor((n - (taps - 1) * dilation - 1) / stride) + 1

const checked = (x: Tensor, w: Windows): E.Either<string, Windows> => {
  const numbers = [...w.size, ...w.stride, ...w.dilation]
  if ([w.size, w.stride, w.dilation].some((list) => list.length !== w.axes.length))
    return E.left(
      `size ${text(w.size)}, stride ${text(w.stride)} and dilation ${text(w.dilation)} need one number for each of the axes ${text(w.axes)}`,
    )
  if (!numbers.every((n) => Number.isSafeInteger(n) && n >= 1))
    return E.left(
      `size ${text(w.size)}, stride ${text(w.stride)} and dilation ${text(w.dilation)} must be whole numbers of at least 1`,
    )
  return pipe(
    orderedAxes(w.axes, x.shape.length),
    E.map((axes) => ({ ...w, axes })),
    E.filterOrElse(
      (known) => eachOf(known).every((one) => windowCount(sizeAt(x.shape, one.axis), one) >= 1),
      () =>
        `windows of ${text(w.size)} with dilation ${text(w.dilation)} are larger than axes ${text(w.axes)} of ${text(x.shape)}`,
    ),
  )
}

export const windowsPrimitive: Primitive<One, Windows> = primitive<One, Windows>({
  name: 'windows',
  takes: one,
  shape: ([x], w) =>
    pipe(
      checked(x, w),
      E.map(() => [
        ...eachOf(w).reduce((s, one) => s.with(one.axis, windowCount(sizeAt(x.shape, one.axis), one)), [...x.shape]),
        ...w.size,
      ]),
    ),
  lower: (_, w) => ({
    kind: 'view',
    view: (v) => {
      const counts = eachOf(w).reduce(
        (s, one) => s.with(one.axis, windowCount(sizeAt(v.shape, one.axis), one)),
        [...v.shape],
      )
      const steps = eachOf(w).reduce((s, one) => s.with(one.axis, at(v.strides, one.axis) * one.stride), [...v.strides])
      return {
        offset: v.offset,
        shape: [...counts, ...w.size],
        strides: [...steps, ...eachOf(w).map((one) => at(v.strides, one.axis) * one.dilation)],
      }
    },
    inverse: null,
    repeats: false,
  }),
  vjp: ({ x: [x], attributes, dy }) => [
    eachOf(attributes).reduceRight((d, one) => addBack(d, sizeAt(x.shape, one.axis), one), dy),
  ],
  domain: {
    interval: [-4, 4],
    cases: [
      { attributes: { axes: [1], size: [3], stride: [2], dilation: [1] }, shapes: [[2, 7, 2]] },
      { attributes: { axes: [1, 2], size: [2, 3], stride: [1, 1], dilation: [1, 1] }, shapes: [[2, 4, 5]] },
    ],
  },
})

/**
 * Overlapping windows along some axes: each axis counts windows, and an axis of the window's own elements is appended
 * for each at the end, in the order given. Nothing is copied: this is how a convolution is a matrix product.
 */
export const windows = configured('windows', (w: Windows) => (x: Tensor): Tensor => {
  const { axes, size: taps, stride, dilation } = orThrow('windows', [x], checked(x, w))
  return windowsPrimitive.apply({ axes, size: taps, stride, dilation }, [x])
})

/** dy [.., p, .., q] -> [.., n, ..]: elements of the last axis are added back to their origin. */
const addBack = (dy: Tensor, n: number, one: Window): Tensor =>
  one.stride === 1 && one.dilation === 1 ? bySkew(dy, n, one) : byTap(dy, n, one)

/**
 * dy [.., p, .., q] -> [.., t, ..], summed over p + q = t, without a loop over q: rows of q padded to length n + 1 and
 * read again as rows of length n are each shifted by one more than the row before.
 */
const bySkew = (dy: Tensor, n: number, { axis }: Window): Tensor => {
  const end = dy.shape.length - 1
  const p = sizeAt(dy.shape, axis)
  const others = range(end).filter((i) => i !== axis)
  const order = [...others, axis, end]
  const lead = transpose(order)(dy)
  const outer = lead.shape.slice(0, end - 1)
  const origin = lead.shape.map(() => 0)
  const padded = place([...outer, p, n + 1], [dense(origin, lead.shape)], [lead])
  const flat = reshape([...outer, p * (n + 1)])(padded)
  const skewed = slice(
    dense(
      flat.shape.map(() => 0),
      [...outer, p * n],
    ),
  )(flat)
  const total = sumKept([end - 1])(reshape([...outer, p, n])(skewed))
  return transpose(inverseOrder([...others, axis]))(reshape([...outer, n])(total))
}

/** One placement for each element of the window, summed. */
const byTap = (dy: Tensor, n: number, { axis, taps, stride, dilation }: Window): Tensor => {
  const end = dy.shape.length - 1
  const counts = dy.shape.slice(0, end)
  const placed = (q: number): Tensor => {
    const from = dy.shape.map((_, i) => (i === end ? q : 0))
    const tap = reshape(counts)(slice(dense(from, dy.shape.with(end, 1)))(dy))
    const start = counts.map((_, i) => (i === axis ? q * dilation : 0))
    const step = counts.map((_, i) => (i === axis ? stride : 1))
    return place(counts.with(axis, n), [{ start, step }], [tap])
  }
  return range(taps - 1, 1).reduce((sum, q) => add(sum, placed(q)), placed(0))
}
