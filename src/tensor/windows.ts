/**
 * Overlapping windows as a view: how a convolution is a matrix product, and how a table of biases by offset becomes one
 * by query and key. Its adjoint adds every element of a window back to where it came from.
 */
import * as E from 'fp-ts/lib/Either.js'
import { add as plus } from './elementwise.ts'
import { place, reshape, slice, transpose } from './movement.ts'
import { primitive } from './primitive.ts'
import { sum } from './reduction.ts'
import type { Shape } from './shape.ts'
import type { Tensor } from './tensor.ts'

export type Windows = {
  readonly axes: readonly number[]
  readonly size: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
}

const windowCount = (n: number, { size: k, stride, dilation }: Windows, i: number): number =>
  Math.floor((n - ((k[i] ?? 1) - 1) * (dilation[i] ?? 1) - 1) / (stride[i] ?? 1)) + 1

/**
 * Overlapping windows along some axes: each axis counts windows, and an axis of the window's own elements is appended
 * for each at the end. Nothing is copied: this is how a convolution is a matrix product.
 */
export const windowsPrimitive = primitive<Windows>({
  name: 'windows',
  shape: ([s = []], w) => {
    const counts = s.map((n, i) => (w.axes.includes(i) ? windowCount(n, w, w.axes.indexOf(i)) : n))
    return counts.every((n) => n >= 1) ? E.right([...counts, ...w.size]) : E.left('a window is larger than the tensor')
  },
  lower: (_, w) => ({
    kind: 'view',
    view: (v) => {
      const at = (i: number): number => w.axes.indexOf(i)
      return {
        offset: v.offset,
        shape: [...v.shape.map((n, i) => (at(i) < 0 ? n : windowCount(n, w, at(i)))), ...w.size],
        strides: [
          ...v.strides.map((s, i) => (at(i) < 0 ? s : s * (w.stride[at(i)] ?? 1))),
          ...w.axes.map((a, i) => (v.strides[a] ?? 0) * (w.dilation[i] ?? 1)),
        ],
      }
    },
    inverse: null,
  }),
  vjp: ({ x: [x], dy }, w) => (x === undefined ? [] : [unwindow(dy, x.shape, w)]),
  domain: {
    interval: [-4, 4],
    cases: [
      { attributes: { axes: [1], size: [3], stride: [2], dilation: [1] }, shapes: [[2, 7, 2]] },
      { attributes: { axes: [1, 2], size: [2, 3], stride: [1, 1], dilation: [1, 1] }, shapes: [[2, 4, 5]] },
    ],
  },
})

export const windows =
  (w: Windows) =>
  (x: Tensor): Tensor =>
    windowsPrimitive.apply(w, [x])

/** The adjoint of `windows`: every element of a window is added back to where it came from, the last axis first. */
const unwindow = (dy: Tensor, shape: Shape, w: Windows): Tensor => {
  const last = w.axes.length - 1
  const axis = w.axes[last]
  if (axis === undefined) return dy
  const one: Window = {
    n: shape[axis] ?? 1,
    k: w.size[last] ?? 1,
    stride: w.stride[last] ?? 1,
    dilation: w.dilation[last] ?? 1,
  }
  const summed = one.stride === 1 && one.dilation === 1 ? bySkew(dy, axis, one) : byTap(dy, axis, one)
  const rest = <T>(list: readonly T[]): readonly T[] => list.slice(0, last)
  return unwindow(summed, shape, {
    axes: rest(w.axes),
    size: rest(w.size),
    stride: rest(w.stride),
    dilation: rest(w.dilation),
  })
}

interface Window {
  readonly n: number
  readonly k: number
  readonly stride: number
  readonly dilation: number
}

const replaced = (s: Shape, axis: number, by: number): Shape => s.map((n, i) => (i === axis ? by : n))

/**
 * dy [.., p, .., q] -> [.., t, ..], summed over p + q = t, without a loop over q: rows of q padded to length n + 1 and
 * read again as rows of length n are each shifted by one more than the row before.
 */
const bySkew = (dy: Tensor, axis: number, { n, k }: Window): Tensor => {
  const end = dy.shape.length - 1
  const p = dy.shape[axis] ?? 1
  const others = Array.from({ length: end }, (_, i) => i).filter((i) => i !== axis)
  const lead = transpose([...others, axis, end])(dy)
  const outer = lead.shape.slice(0, end - 1)
  const zeros = lead.shape.map(() => 0)
  const ones = lead.shape.map(() => 1)
  const padded = place([...outer, p, n + 1], [{ start: zeros, step: ones }], [lead])
  const flat = reshape([...outer, p * (n + 1)])(padded)
  const start = flat.shape.map(() => 0)
  const skewed = slice({ start, step: start.map(() => 1), size: [...outer, p * n] })(flat)
  const total = sum([end - 1])(reshape([...outer, p, n])(skewed))
  // [...others, t] back to the axis's place; k and p make n: k + p - 1
  const back = reshape([...outer, k + p - 1])(total)
  return transpose(Array.from({ length: end }, (_, i) => (i === axis ? end - 1 : others.indexOf(i))))(back)
}

/** One placement for each element of the window, summed. */
const byTap = (dy: Tensor, axis: number, { n, k, stride, dilation }: Window): Tensor => {
  const end = dy.shape.length - 1
  return Array.from({ length: k }, (_, q) => {
    const at = dy.shape.map((_, i) => (i === end ? q : 0))
    const tap = slice({ start: at, step: at.map(() => 1), size: replaced(dy.shape, end, 1) })(dy)
    const counts = dy.shape.slice(0, end)
    const start = counts.map((_, i) => (i === axis ? q * dilation : 0))
    const step = counts.map((_, i) => (i === axis ? stride : 1))
    return place(replaced(counts, axis, n), [{ start, step }], [reshape(counts)(tap)])
  }).reduce(plus)
}
