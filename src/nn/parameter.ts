/**
 * A parameter: its shape in the engine, its initialisation, and its layout in a file. Not a tensor: it describes one. A
 * parameter has no name of its own; its path in a parameter tree is its name (`spec.ts`).
 *
 * Files have PyTorch's layouts. The engine's element [i, j, ...] is the file's element offset + i * strides[0] +
 * j * strides[1] + ..., so that every layout is one strided view of the file's values, and the codec is one loop.
 */

import { type Key, normal, truncatedNormal, uniform } from '../random/key.ts'
import { at } from '../tensor/axes.ts'
import { type Shape, size, strides } from '../tensor/shape.ts'

export type Init =
  | { readonly kind: 'constant'; readonly value: number }
  /** Uniform in [-bound, bound]. */
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly std: number }
  /** Normal, truncated at two standard deviations. */
  | { readonly kind: 'truncatedNormal'; readonly std: number }

export interface Parameter {
  readonly kind: 'parameter'
  /** In the engine. */
  readonly shape: Shape
  readonly init: Init
  /** In a file: its shape, and the strided layout of the engine's elements in it. */
  readonly file: { readonly shape: Shape; readonly offset: number; readonly strides: readonly number[] }
}

export const zeros: Init = { kind: 'constant', value: 0 }
export const ones: Init = { kind: 'constant', value: 1 }
export const gaussian = (std: number): Init => ({ kind: 'normal', std })
/** Glorot and Bengio (2010): variance 2 / (fan in + fan out), uniform. */
export const xavier: Fans = (fanIn, fanOut) => ({
  kind: 'uniform',
  bound: Math.sqrt(6 / (fanIn + fanOut)),
})

/** Initialisation of a matrix by its fans. */
export type Fans = (fanIn: number, fanOut: number) => Init
export const zeroFans: Fans = () => zeros

/** The same in the engine and in a file: biases, gains, label tables. */
export const plain = (shape: Shape, init: Init): Parameter => ({
  kind: 'parameter',
  shape,
  init,
  file: { shape, offset: 0, strides: strides(shape) },
})

/** Engine [in, out], file [out, in]. */
export const linearWeight = (cin: number, cout: number, init: Init = xavier(cin, cout)): Parameter => ({
  kind: 'parameter',
  shape: [cin, cout],
  init,
  file: { shape: [cout, cin], offset: 0, strides: [1, cin] },
})

/** Engine [k, k, in, out], file [out, in, k, k]. Xavier with fans that include the kernel size, as in EDM. */
export const convWeight = (
  k: number,
  cin: number,
  cout: number,
  init: Init = xavier(cin * k * k, cout * k * k),
): Parameter => ({
  kind: 'parameter',
  shape: [k, k, cin, cout],
  init,
  file: { shape: [cout, cin, k, k], offset: 0, strides: [k, 1, k * k, cin * k * k] },
})

/**
 * Relative position biases of a window of w x w tokens. Engine [heads, 2w-1, 2w-1] with both position axes reversed:
 * element [h, w-1-dy, w-1-dx] is the bias at offset (dy, dx) = query - key, so that the keys of one query are traversed
 * forwards. File [(2w-1)^2, heads], row (dy+w-1)(2w-1) + (dx+w-1).
 */
export const biasTable = (w: number, heads: number): Parameter => {
  const n = 2 * w - 1
  return {
    kind: 'parameter',
    shape: [heads, n, n],
    init: { kind: 'truncatedNormal', std: 0.02 },
    file: { shape: [n * n, heads], offset: (n * n - 1) * heads, strides: [1, -n * heads, -heads] },
  }
}

/** File offsets of the engine's elements, in the engine's row-major order. */
export const filePositions = ({ shape, file }: Parameter): Int32Array =>
  shape.reduce((outer, n, axis) => {
    const step = at(file.strides, axis)
    const out = new Int32Array(outer.length * n)
    for (let i = 0; i < outer.length; i++) for (let j = 0; j < n; j++) out[i * n + j] = at(outer, i) + j * step
    return out
  }, Int32Array.of(file.offset))

/** Initial values, in the engine's row-major order. */
export const draw = ({ shape, init }: Parameter, key: Key): Float64Array => {
  const n = size(shape)
  switch (init.kind) {
    case 'constant':
      return new Float64Array(n).fill(init.value)
    case 'uniform':
      return uniform(key, n).map((u) => init.bound * (2 * u - 1))
    case 'normal':
      return normal(key, n).map((z) => init.std * z)
    case 'truncatedNormal':
      return truncatedNormal(key, n, init.std)
  }
}

/**
 * Random non-zero values for tests: a zero table would hide a wrong index. Matrices preserve the scale of their input.
 */
export const drawArbitrary = ({ shape, file }: Parameter, key: Key): Float64Array => {
  const scale = file.shape.length < 2 ? 0.5 : 1 / Math.sqrt(size(file.shape.slice(1)))
  return normal(key, size(shape)).map((z) => scale * z)
}
