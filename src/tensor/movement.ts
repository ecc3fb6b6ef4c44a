/**
 * Movement primitives: other strides over the same elements (views), and placement into a larger tensor. None of them
 * computes; `place` is the only one that may become a kernel of its own.
 */
import * as E from 'fp-ts/lib/Either.js'
import { primitive } from './primitive.ts'
import { sum } from './reduction.ts'
import { type Shape, sameShape, size, text } from './shape.ts'
import type { Strided, Tensor } from './tensor.ts'

const first = <T, R>(x: readonly T[], f: (t: T) => R): readonly R[] => {
  const [head] = x
  return head === undefined ? [] : [f(head)]
}

// --------------------------------------------------------------------------------------------------- broadcast
type ShapeOnly = { readonly shape: Shape }

/** New leading axes and axes of size 1 are repeated. Its vjp is the only un-broadcast in the code. */
export const broadcastPrimitive = primitive<ShapeOnly>({
  name: 'broadcast',
  shape: ([s = []], { shape }) =>
    s.length <= shape.length && s.every((n, i) => n === 1 || n === shape[i + shape.length - s.length])
      ? E.right(shape)
      : E.left(`cannot be repeated to ${text(shape)}`),
  lower: (_, { shape }) => ({
    kind: 'view',
    view: (v) => {
      const lead = shape.length - v.shape.length
      return { ...v, shape, strides: shape.map((n, i) => (v.shape[i - lead] === n ? (v.strides[i - lead] ?? 0) : 0)) }
    },
    inverse: null,
  }),
  vjp: ({ x, dy }, { shape }) =>
    first(x, (t) => {
      const lead = shape.length - t.shape.length
      const repeated = shape.flatMap((n, i) => (i < lead || t.shape[i - lead] !== n ? [i] : []))
      return reshape(t.shape)(sum(repeated)(dy))
    }),
  domain: {
    interval: [-4, 4],
    cases: [
      { attributes: { shape: [2, 3, 4] }, shapes: [[3, 1]] },
      { attributes: { shape: [2, 3] }, shapes: [[1, 3]] },
    ],
  },
})

export const broadcast =
  (shape: Shape) =>
  (x: Tensor): Tensor =>
    sameShape(shape, x.shape) ? x : broadcastPrimitive.apply({ shape }, [x])

// ----------------------------------------------------------------------------------------------------- reshape
/** Splits and joins axes of a strided view; null where the elements do not lie evenly enough. */
export const reshapeStrided = (v: Strided, shape: Shape): Strided | null => {
  const from = v.shape.flatMap((n, i) => (n === 1 ? [] : [{ n, s: v.strides[i] ?? 0 }]))
  const out: number[] = new Array<number>(shape.length).fill(0)
  let i = 0
  let j = 0
  while (i < from.length || j < shape.length) {
    const start = i
    const startOut = j
    let a = from[i++]?.n ?? 1
    let b = shape[j++] ?? 1
    while (a !== b) {
      if (a < b) a *= from[i++]?.n ?? Number.NaN
      else b *= shape[j++] ?? Number.NaN
      if (Number.isNaN(a) || Number.isNaN(b)) return null
    }
    for (let k = start; k + 1 < i; k++) {
      const [left, right] = [from[k], from[k + 1]]
      if (left !== undefined && right !== undefined && left.s !== right.s * right.n) return null
    }
    let step = from[i - 1]?.s ?? 0
    for (let k = j - 1; k >= startOut; k--) {
      out[k] = step
      step *= shape[k] ?? 1
    }
  }
  return { offset: v.offset, shape, strides: out }
}

export const reshapePrimitive = primitive<ShapeOnly>({
  name: 'reshape',
  shape: ([s = []], { shape }) =>
    size(s) === size(shape)
      ? E.right(shape)
      : E.left(`${size(s)} elements do not fill ${text(shape)}, which has ${size(shape)}`),
  lower: ([x], { shape }) => ({
    kind: 'view',
    view: (v) => reshapeStrided(v, shape),
    inverse: (v) => reshapeStrided(v, x?.shape ?? []),
  }),
  vjp: ({ x, dy }) => first(x, (t) => reshape(t.shape)(dy)),
  domain: { interval: [-4, 4], cases: [{ attributes: { shape: [3, 4] }, shapes: [[2, 6]] }] },
})

export const reshape =
  (shape: Shape) =>
  (x: Tensor): Tensor =>
    sameShape(shape, x.shape) ? x : reshapePrimitive.apply({ shape }, [x])

// --------------------------------------------------------------------------------------------------- transpose
type Order = { readonly order: readonly number[] }
const pick = <T>(xs: readonly T[], order: readonly number[]): readonly T[] =>
  order.flatMap((i) => {
    const x = xs[i]
    return x === undefined ? [] : [x]
  })
const inverseOrder = (order: readonly number[]): readonly number[] => order.map((_, i) => order.indexOf(i))
const permute = (v: Strided, order: readonly number[]): Strided => ({
  offset: v.offset,
  shape: pick(v.shape, order),
  strides: pick(v.strides, order),
})

/** Output axis i is input axis order[i]. */
export const transposePrimitive = primitive<Order>({
  name: 'transpose',
  shape: ([s = []], { order }) =>
    order.length === s.length && s.every((_, i) => order.includes(i))
      ? E.right(pick(s, order))
      : E.left(`${text(order)} is not an order of ${s.length} axes`),
  lower: (_, { order }) => ({
    kind: 'view',
    view: (v) => permute(v, order),
    inverse: (v) => permute(v, inverseOrder(order)),
  }),
  vjp: ({ dy }, { order }) => [transpose(inverseOrder(order))(dy)],
  domain: { interval: [-4, 4], cases: [{ attributes: { order: [2, 0, 1] }, shapes: [[2, 3, 4]] }] },
})

export const transpose =
  (order: readonly number[]) =>
  (x: Tensor): Tensor =>
    order.every((o, i) => o === i) && order.length === x.shape.length ? x : transposePrimitive.apply({ order }, [x])

// -------------------------------------------------------------------------------------------------------- flip
type Axes = { readonly axes: readonly number[] }
const flipStrided = (v: Strided, axes: readonly number[]): Strided => ({
  shape: v.shape,
  offset: axes.reduce((o, a) => o + ((v.shape[a] ?? 1) - 1) * (v.strides[a] ?? 0), v.offset),
  strides: v.strides.map((s, i) => (axes.includes(i) ? -s : s)),
})

/** Reverses the order of elements along axes. */
export const flipPrimitive = primitive<Axes>({
  name: 'flip',
  shape: ([s = []], { axes }) =>
    axes.every((a) => a >= 0 && a < s.length) ? E.right(s) : E.left(`axes ${text(axes)} are outside the shape`),
  lower: (_, { axes }) => ({
    kind: 'view',
    view: (v) => flipStrided(v, axes),
    inverse: (v) => flipStrided(v, axes),
  }),
  vjp: ({ dy }, { axes }) => [flip(axes)(dy)],
  domain: { interval: [-4, 4], cases: [{ attributes: { axes: [0, 2] }, shapes: [[2, 3, 2]] }] },
})

export const flip =
  (axes: readonly number[]) =>
  (x: Tensor): Tensor =>
    flipPrimitive.apply({ axes }, [x])

// ------------------------------------------------------------------------------------------------------- slice
export type Box = {
  readonly start: readonly number[]
  readonly step: readonly number[]
  readonly size: readonly number[]
}

const boxView = (v: Strided, { start, step, size: sizes }: Box): Strided => ({
  offset: start.reduce((o, at, i) => o + at * (v.strides[i] ?? 0), v.offset),
  shape: sizes,
  strides: v.strides.map((s, i) => s * (step[i] ?? 1)),
})

const boxFits = (s: Shape, { start, step, size: sizes }: Box): E.Either<string, Shape> =>
  s.every((n, i) => {
    const [at = -1, by = 0, count = 0] = [start[i], step[i], sizes[i]]
    return at >= 0 && by >= 1 && count >= 1 && at + (count - 1) * by < n
  })
    ? E.right(sizes)
    : E.left(`start ${text(start)}, step ${text(step)}, size ${text(sizes)} leave the shape ${text(s)}`)

/** Elements start + i * step of every axis, size of them. */
export const slicePrimitive = primitive<Box>({
  name: 'slice',
  shape: ([s = []], box) => boxFits(s, box),
  lower: (_, box) => ({ kind: 'view', view: (v) => boxView(v, box), inverse: null }),
  vjp: ({ x, dy }, { start, step }) => first(x, (t) => place(t.shape, [{ start, step }], [dy])),
  domain: {
    interval: [-4, 4],
    cases: [{ attributes: { start: [1, 0], step: [1, 2], size: [2, 3] }, shapes: [[4, 5]] }],
  },
})

export const slice =
  (box: Box) =>
  (x: Tensor): Tensor =>
    sameShape(box.size, x.shape) && box.start.every((n) => n === 0) ? x : slicePrimitive.apply(box, [x])

// ------------------------------------------------------------------------------------------------------- place
type Placement = {
  readonly shape: Shape
  readonly starts: readonly (readonly number[])[]
  readonly steps: readonly (readonly number[])[]
}

/** Every input in its own box of an output that is zero elsewhere: padding, dilation and concatenation at once. */
export const placePrimitive = primitive<Placement>({
  name: 'place',
  shape: (inputs, { shape, starts, steps }) => {
    const wrong = inputs
      .map((s, i) => boxFits(shape, { start: starts[i] ?? [], step: steps[i] ?? [], size: s }))
      .find(E.isLeft)
    return wrong ?? E.right(shape)
  },
  lower: (_, { starts, steps }) => ({
    kind: 'place',
    boxes: starts.map((start, i) => ({ start, step: steps[i] ?? [] })),
  }),
  vjp: ({ x, dy }, { starts, steps }) =>
    x.map((t, i) => slice({ start: starts[i] ?? [], step: steps[i] ?? [], size: t.shape })(dy)),
  domain: {
    interval: [-4, 4],
    cases: [
      { attributes: { shape: [6, 5], starts: [[1, 1]], steps: [[2, 1]] }, shapes: [[2, 3]] },
      {
        attributes: {
          shape: [5, 2],
          starts: [
            [0, 0],
            [2, 0],
          ],
          steps: [
            [1, 1],
            [1, 1],
          ],
        },
        shapes: [
          [2, 2],
          [3, 2],
        ],
      },
    ],
  },
})

/** Boxes must not overlap; `start` and `step` are given for each input, its size is the box's. */
export const place = (
  shape: Shape,
  boxes: readonly { readonly start: readonly number[]; readonly step: readonly number[] }[],
  inputs: readonly Tensor[],
): Tensor => placePrimitive.apply({ shape, starts: boxes.map((b) => b.start), steps: boxes.map((b) => b.step) }, inputs)
