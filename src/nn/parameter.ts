/**
 * A parameter: its shape in the engine, how it starts, and how it lies in a file. Not a tensor: it says what a tensor
 * will be. A parameter has no name of its own; its place in a tree of parameters is its name (`spec.ts`).
 *
 * A file holds the layouts of PyTorch. The engine's element [i, j, ...] is the file's element offset + i * strides[0] +
 * j * strides[1] + ..., so that every layout is one strided view of the file's numbers, and the codec is one loop.
 */
import { type Key, normal, truncatedNormal, uniform } from '../random/key.ts'
import { type Shape, size, strides } from '../tensor/shape.ts'

export type Init =
  | { readonly kind: 'constant'; readonly value: number }
  /** Evenly in [-bound, bound]. */
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly std: number }
  /** Normal, cut at two standard deviations. */
  | { readonly kind: 'truncatedNormal'; readonly std: number }

export interface Parameter {
  readonly kind: 'parameter'
  /** In the engine. */
  readonly shape: Shape
  readonly init: Init
  /** In a file: its shape, and where the engine's elements lie in it. */
  readonly file: { readonly shape: Shape; readonly offset: number; readonly strides: readonly number[] }
}

export const zeros: Init = { kind: 'constant', value: 0 }
export const ones: Init = { kind: 'constant', value: 1 }
export const gaussian = (std: number): Init => ({ kind: 'normal', std })
/** Glorot and Bengio (2010): variance 2 / (fan in + fan out), drawn evenly. */
export const xavier: Fans = (fanIn, fanOut) => ({
  kind: 'uniform',
  bound: Math.sqrt(6 / (fanIn + fanOut)),
})

/** How a matrix starts, by its fans. */
export type Fans = (fanIn: number, fanOut: number) => Init
export const zeroFans: Fans = () => zeros

/** The same in the engine and in a file: biases, gains, tables of labels. */
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

/** Engine [k, k, in, out], file [out, in, k, k]. Xavier over all taps, as EDM starts its convolutions. */
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
 * element [h, w-1-dy, w-1-dx] is the bias at offset (dy, dx) = query - key; so a walk along the keys of one query is a
 * walk forwards. File [(2w-1)^2, heads], row (dy+w-1)(2w-1) + (dx+w-1).
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

/** Positions in a file of the engine's elements, in the engine's row-major order. */
export const filePositions = ({ shape, file }: Parameter): Int32Array =>
  shape.reduce((outer, n, axis) => {
    const step = file.strides[axis] ?? 0
    const out = new Int32Array(outer.length * n)
    for (let i = 0; i < outer.length; i++) for (let j = 0; j < n; j++) out[i * n + j] = (outer[i] ?? 0) + j * step
    return out
  }, Int32Array.of(file.offset))

/** First values, in the engine's row-major order. */
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

/** Values that all matter, for tests: a zero table would hide a wrong index. Matrices keep the size of what they map. */
export const drawArbitrary = ({ shape, file }: Parameter, key: Key): Float64Array => {
  const scale = file.shape.length < 2 ? 0.5 : 1 / Math.sqrt(size(file.shape.slice(1)))
  return normal(key, size(shape)).map((z) => scale * z)
}
