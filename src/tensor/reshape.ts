/** Different axes over the same elements, in the same row-major order. */
import * as E from 'fp-ts/lib/Either.js'
import { at, shapeOf, sizeAt } from './axes.ts'
import { configured } from './errors.ts'
import { type One, one, type Primitive, primitive } from './primitive.ts'
import { type Shape, sameShape, size, text } from './shape.ts'
import type { Strided, Tensor } from './tensor.ts'

/** Splits and merges axes of a strided view; null if strides cannot express the result. */
export const reshapeStrided = (v: Strided, shape: Shape): Strided | null => {
  const from = v.shape.flatMap((n, i) => (n === 1 ? [] : [{ n, step: at(v.strides, i) }]))
  const out = shape.map(() => 0)
  let [i, j] = [0, 0]
  while (i < from.length || j < shape.length) {
    const [start, startOut] = [i, j]
    // the shortest runs of axes, old and new, with equally many elements
    let [a, b] = [i < from.length ? at(from, i++).n : 1, j < shape.length ? sizeAt(shape, j++) : 1]
    while (a !== b) {
      if (a < b ? i === from.length : j === shape.length) return null
      if (a < b) a *= at(from, i++).n
      else b *= sizeAt(shape, j++)
    }
    for (let k = start; k + 1 < i; k++) {
      const [left, right] = [at(from, k), at(from, k + 1)]
      if (left.step !== right.step * right.n) return null
    }
    let step = i > start ? at(from, i - 1).step : 0
    for (let k = j - 1; k >= startOut; k--) {
      out[k] = step
      step *= sizeAt(shape, k)
    }
  }
  return { offset: v.offset, shape, strides: out }
}

export const reshapePrimitive: Primitive<One, { readonly shape: Shape }> = primitive<One, { readonly shape: Shape }>({
  name: 'reshape',
  takes: one,
  shape: ([x], { shape }) => {
    const wanted = shapeOf(shape)
    if (E.isLeft(wanted) || size(x.shape) === size(shape)) return wanted
    return E.left(`${size(x.shape)} elements do not fill ${text(shape)}, which has ${size(shape)}`)
  },
  lower: ([x], { shape }) => ({
    kind: 'view',
    view: (v) => reshapeStrided(v, shape),
    inverse: (v) => reshapeStrided(v, x.shape),
    repeats: false,
  }),
  vjp: ({ x: [x], dy }) => [reshape(x.shape)(dy)],
  simplify: ({ x: [x], y }) => {
    if (sameShape(x.shape, y.shape)) return x
    const inner = reshapePrimitive.match(x)
    return inner === null ? null : reshape(y.shape)(inner.x[0])
  },
  domain: { interval: [-4, 4], cases: [{ attributes: { shape: [3, 4] }, shapes: [[2, 6]] }] },
})

/** The same elements, row-major, in another shape of as many. */
export const reshape = configured(
  'reshape',
  (shape: Shape) =>
    (x: Tensor): Tensor =>
      sameShape(shape, x.shape) ? x : reshapePrimitive.apply({ shape }, [x]),
)
