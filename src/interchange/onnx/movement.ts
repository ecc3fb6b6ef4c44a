/** What moves elements, in ONNX: boxes read and written, windows, and any other strided view as a list of places. */
import { at, range, sizeAt } from '../../tensor/axes.ts'
import { reshapePrimitive } from '../../tensor/reshape.ts'
import { type Shape, sameShape, size, strides } from '../../tensor/shape.ts'
import { slicePrimitive } from '../../tensor/slice.ts'
import type { Corner, Lowering, Strided, Tensor } from '../../tensor/tensor.ts'
import { flipPrimitive, transposePrimitive } from '../../tensor/transpose.ts'
import { type Windows, windowsPrimitive } from '../../tensor/windows.ts'
import { type Builder, NotInOnnx, reshaped, transposed, type Value } from './graph.ts'

/** Elements start, start + step, .. of every axis, `count` of them. */
const sliced = (b: Builder, x: Value, start: readonly number[], step: readonly number[], count: Shape): Value => {
  const axes = range(x.shape.length).filter((i) => at(start, i) !== 0 || at(step, i) !== 1 || count[i] !== x.shape[i])
  if (axes.length === 0) return x
  const ends = axes.map((i) => {
    const [by, end] = [at(step, i), at(start, i) + at(step, i) * at(count, i)]
    // downwards to the first element: an end before it that is not counted from the back
    return by < 0 && end < 0 ? -sizeAt(x.shape, i) - 1 : end
  })
  const list = (of: readonly number[]): Value => b.whole(axes.map((i) => at(of, i)))
  return b.node('Slice', [x, list(start), b.whole(ends), b.whole(axes), list(step)], count)
}

const windowsOf = (b: Builder, x: Value, w: Windows): Value => {
  // from the last axis to the first, so that each still stands where it did; axes are known by what they are
  const order = range(w.axes.length).toSorted((i, j) => at(w.axes, j) - at(w.axes, i))
  let value = x
  let axes: readonly string[] = x.shape.map((_, i) => `axis ${i}`)
  for (const i of order) {
    const axis = axes.indexOf(`axis ${at(w.axes, i)}`)
    const [taps, stride, dilation] = [at(w.size, i), at(w.stride, i), at(w.dilation, i)]
    const count = Math.floor((sizeAt(value.shape, axis) - (taps - 1) * dilation - 1) / stride) + 1
    const places = range(count).flatMap((p) => range(taps).map((q) => p * stride + q * dilation))
    const shape = [...value.shape.slice(0, axis), count, taps, ...value.shape.slice(axis + 1)]
    value = b.node('Gather', [value, b.whole(places, [count, taps])], shape, { axis })
    axes = [...axes.slice(0, axis + 1), `taps ${i}`, ...axes.slice(axis + 1)]
  }
  const wanted = [...x.shape.map((_, i) => `axis ${i}`), ...w.axes.map((_, i) => `taps ${i}`)]
  return transposed(
    b,
    value,
    wanted.map((one) => axes.indexOf(one)),
  )
}

/** The most elements of a view that is written as a list of places. */
const mostPlaces = 2 ** 22

/** Offsets of a view's elements, row-major. */
const placesOf = ({ offset, shape, strides: steps }: Strided): readonly number[] =>
  shape.reduce<readonly number[]>(
    (all, n, axis) => all.flatMap((from) => range(n).map((i) => from + i * at(steps, axis))),
    [offset],
  )

const dense = (shape: Shape): Strided => ({ offset: 0, shape, strides: strides(shape) })

const anyView = (b: Builder, x: Value, view: (v: Strided) => Strided | null): Value => {
  const seen = view(dense(x.shape))
  if (seen === null || size(seen.shape) > mostPlaces) throw new NotInOnnx('a view that ONNX has no operation for')
  if (seen.offset === 0 && size(seen.shape) === size(x.shape) && sameShape(seen.strides, strides(seen.shape)))
    return reshaped(b, x, seen.shape)
  const flat = reshaped(b, x, [size(x.shape)])
  return b.node('Gather', [flat, b.whole(placesOf(seen), seen.shape)], seen.shape, { axis: 0 })
}

/** A tensor that is a view of its input. */
export const viewed = (b: Builder, y: Tensor, x: Value, view: (v: Strided) => Strided | null): Value => {
  const order = transposePrimitive.match(y)?.attributes.order
  if (order !== undefined) return transposed(b, x, order)
  if (reshapePrimitive.match(y) !== null) return reshaped(b, x, y.shape)
  const box = slicePrimitive.match(y)?.attributes
  if (box !== undefined) return sliced(b, x, box.start, box.step, box.size)
  const flipped = flipPrimitive.match(y)?.attributes.axes
  if (flipped !== undefined) {
    const back = (i: number): boolean => flipped.includes(i)
    const start = x.shape.map((n, i) => (back(i) ? n - 1 : 0))
    return sliced(
      b,
      x,
      start,
      x.shape.map((_, i) => (back(i) ? -1 : 1)),
      x.shape,
    )
  }
  const windows = windowsPrimitive.match(y)?.attributes
  return windows === undefined ? anyView(b, x, view) : windowsOf(b, x, windows)
}

/** One tensor in its box of a shape that is zero elsewhere. */
const padded = (b: Builder, x: Value, { start, step }: Corner, shape: Shape): Value => {
  const steps = step.map((by, i) => (x.shape[i] === 1 ? 1 : by))
  // [n] -> [n, 1] -> [n, step], zeros after each element -> [n step]; the last zeros are cut off
  const spread = steps.some((by) => by > 1)
  const apart = spread
    ? reshaped(
        b,
        x,
        x.shape.flatMap((n) => [n, 1]),
      )
    : x
  const zeros = spread ? steps.flatMap((by) => [0, by - 1]) : []
  const filled = spread
    ? pad(
        b,
        apart,
        zeros.map(() => 0),
        zeros,
      )
    : x
  const merged = x.shape.map((n, i) => n * at(steps, i))
  const whole = reshaped(b, filled, merged)
  const exact = x.shape.map((n, i) => (n - 1) * at(steps, i) + 1)
  const box = sliced(
    b,
    whole,
    exact.map(() => 0),
    exact.map(() => 1),
    exact,
  )
  return pad(
    b,
    box,
    start,
    shape.map((n, i) => n - at(start, i) - at(exact, i)),
  )
}

const pad = (b: Builder, x: Value, low: readonly number[], high: readonly number[]): Value =>
  [...low, ...high].every((n) => n === 0)
    ? x
    : b.node(
        'Pad',
        [x, b.whole([...low, ...high])],
        x.shape.map((n, i) => n + at(low, i) + at(high, i)),
      )

/** The axis along which dense boxes fill a shape one after the other; null if they do not. */
const joinedAlong = (xs: readonly Value[], boxes: readonly Corner[], shape: Shape): number | null => {
  const axis = shape.findIndex((n, i) => xs.some((x) => x.shape[i] !== n))
  if (axis < 0 || xs.length < 2) return null
  let end = 0
  const inOrder = xs.every((x, k) => {
    const { start, step } = at(boxes, k)
    const here = start.every((n, i) => n === (i === axis ? end : 0))
    const full = x.shape.every((n, i) => (i === axis || n === shape[i]) && (n === 1 || step[i] === 1))
    end += sizeAt(x.shape, axis)
    return here && full
  })
  return inOrder && end === shape[axis] ? axis : null
}

/** Each tensor in its own box of a shape that is zero elsewhere. */
export const placed = (
  b: Builder,
  xs: readonly Value[],
  { boxes }: Extract<Lowering, { readonly kind: 'place' }>,
  shape: Shape,
): Value => {
  const axis = joinedAlong(xs, boxes, shape)
  if (axis !== null) return b.node('Concat', xs, shape, { axis })
  return xs.map((x, i) => padded(b, x, at(boxes, i), shape)).reduce((sum, x) => b.elementwise('Add', [sum, x]))
}
