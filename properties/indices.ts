/** Elements of a tensor by their indices, one of each axis, in row-major order. */
import { at } from '../src/tensor/axes.ts'
import { type Shape, size, strides } from '../src/tensor/shape.ts'
import type { Strided } from '../src/tensor/tensor.ts'

/** The indices of the element at a place in row-major order. */
export const indexAt = (shape: Shape, place: number): readonly number[] =>
  strides(shape).map((s, i) => Math.floor(place / s) % at(shape, i))

/** The indices of all elements. */
export const indicesOf = (shape: Shape): readonly (readonly number[])[] =>
  Array.from({ length: size(shape) }, (_, place) => indexAt(shape, place))

/** Where an element lies; the first axes where there are fewer indices than strides. */
export const offsetOf = (index: readonly number[], { offset, strides }: Pick<Strided, 'offset' | 'strides'>): number =>
  index.reduce((o, n, i) => o + n * at(strides, i), offset)
