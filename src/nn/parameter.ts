/**
 * A parameter: its shape in the engine, its initialisation, and its layout in a file. Not a tensor: it describes one. A
 * parameter has no name of its own; its path in a parameter tree is its name (`spec.ts`).
 *
 * Files have PyTorch's layouts. The engine's element [i, j, ...] is the file's element offset + i * strides[0] +
 * j * strides[1] + ..., so that every layout is one strided view of the file's values, and the codec is one loop.
 */

import { type Key, normal, truncatedNormal, uniform as uniformNumbers } from '../random/key.ts'
import { at, shapeOf } from '../tensor/axes.ts'
import { orThrow } from '../tensor/errors.ts'
import { type Shape, size, strides } from '../tensor/shape.ts'

/** How a parameter is initialised. */
export type Init =
  | { readonly kind: 'constant'; readonly value: number }
  /** Uniform in [low, high). */
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'normal'; readonly std: number }
  /** Normal, truncated at two standard deviations. */
  | { readonly kind: 'truncatedNormal'; readonly std: number }

/** A leaf of a spec: shape, initialisation, and layout in files. */
export interface Parameter {
  readonly kind: 'parameter'
  /** In the engine. */
  readonly shape: Shape
  readonly init: Init
  /** In a file: its shape, and the strided layout of the engine's elements in it. */
  readonly file: { readonly shape: Shape; readonly offset: number; readonly strides: readonly number[] }
}

/** One number everywhere. */
export const constant = (value: number): Init => ({ kind: 'constant', value })
/** All zeros. */
export const zeros: Init = constant(0)
/** All ones. */
export const ones: Init = constant(1)
/** Uniform in [low, high); PyTorch's `uniform_`. */
export const uniform = (low: number, high: number): Init => {
  if (!(low <= high)) throw new RangeError(`uniform: low is ${low} and high ${high}, expected low <= high`)
  return { kind: 'uniform', low, high }
}
const deviation = (name: string, std: number): number => {
  if (!(std >= 0)) throw new RangeError(`${name}: a standard deviation of ${std}, expected a number of at least 0`)
  return std
}
/** Mean 0 and this standard deviation; PyTorch's `normal_`. */
export const gaussian = (std: number): Init => ({ kind: 'normal', std: deviation('gaussian', std) })
/** Normal numbers of this deviation with those beyond two deviations drawn again; `truncated_normal` of jax.nn.initializers. */
export const truncatedGaussian = (std: number): Init => ({
  kind: 'truncatedNormal',
  std: deviation('truncatedGaussian', std),
})

/**
 * Initialisation of a weight by its fans: how many numbers a sum of the output has, and in how many sums a number of the
 * input is. A linear layer has [in, out], a convolution [k k in, k k out].
 */
export type Fans = (fanIn: number, fanOut: number) => Init
/** All zeros, whatever the fans. */
export const zeroFans: Fans = () => zeros
const symmetric = (bound: number): Init => uniform(-bound, bound)

/** Glorot and Bengio (2010): variance 2 / (fan in + fan out), uniform; PyTorch's `xavier_uniform_`. */
export const xavier: Fans = (fanIn, fanOut) => symmetric(Math.sqrt(6 / (fanIn + fanOut)))
/** The same variance, normal; PyTorch's `xavier_normal_`. */
export const xavierGaussian: Fans = (fanIn, fanOut) => gaussian(Math.sqrt(2 / (fanIn + fanOut)))
/** He et al. (2015), for ReLU: variance 2 / fan in, uniform; PyTorch's `kaiming_uniform_`. */
export const kaiming: Fans = (fanIn) => symmetric(Math.sqrt(6 / fanIn))
/** The same variance, normal; PyTorch's `kaiming_normal_`. */
export const kaimingGaussian: Fans = (fanIn) => gaussian(Math.sqrt(2 / fanIn))

/** An initialisation that may depend on the fans, for a weight that has these. */
export const byFans = (init: Init | Fans, fanIn: number, fanOut: number): Init =>
  typeof init === 'function' ? init(fanIn, fanOut) : init

const checked = (name: string, p: Omit<Parameter, 'kind'>): Parameter => {
  orThrow(name, [], shapeOf(p.shape))
  return { kind: 'parameter', ...p }
}

/**
 * A parameter of a shape, the same in the engine and in a file: biases, gains, tables, and whatever a layer of your own
 * learns. Weights that PyTorch stores in another order are `linearWeight` and `convWeight`. ShapeError where a size is no
 * whole number of at least 1.
 */
export const parameter = (shape: Shape, init: Init): Parameter =>
  checked('parameter', { shape, init, file: { shape, offset: 0, strides: strides(shape) } })

/** Engine [in, out], file [out, in]. */
export const linearWeight = (cin: number, cout: number, init: Init | Fans = xavier): Parameter =>
  checked('linearWeight', {
    shape: [cin, cout],
    init: byFans(init, cin, cout),
    file: { shape: [cout, cin], offset: 0, strides: [1, cin] },
  })

/** The taps of a kernel: k x k, or rows and columns apart. */
export type Kernel = number | readonly [rows: number, columns: number]

/** Engine [kh, kw, in, out], file [out, in, kh, kw]. Xavier with fans that include the kernel size, as in EDM. */
export const convWeight = (kernel: Kernel, cin: number, cout: number, init: Init | Fans = xavier): Parameter => {
  const [kh, kw] = typeof kernel === 'number' ? [kernel, kernel] : kernel
  const taps = kh * kw
  return checked('convWeight', {
    shape: [kh, kw, cin, cout],
    init: byFans(init, cin * taps, cout * taps),
    file: { shape: [cout, cin, kh, kw], offset: 0, strides: [kw, 1, taps, cin * taps] },
  })
}

/**
 * Relative position biases of a window of w x w tokens. Engine [heads, 2w-1, 2w-1] with both position axes reversed:
 * element [h, w-1-dy, w-1-dx] is the bias at offset (dy, dx) = query - key, so that the keys of one query are traversed
 * forwards. File [(2w-1)^2, heads], row (dy+w-1)(2w-1) + (dx+w-1).
 */
export const biasTable = (w: number, heads: number): Parameter => {
  const n = 2 * w - 1
  return checked('biasTable', {
    shape: [heads, n, n],
    init: truncatedGaussian(0.02),
    file: { shape: [n * n, heads], offset: (n * n - 1) * heads, strides: [1, -n * heads, -heads] },
  })
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
    case 'uniform': {
      // about the centre, so that an interval about 0 has numbers of both signs to the last bit
      const [centre, radius] = [(init.low + init.high) / 2, (init.high - init.low) / 2]
      const values = uniformNumbers(key, n)
      // a loop: `map` takes ten times as long, seconds for hundreds of millions of parameters
      for (let i = 0; i < n; i++) values[i] = centre + radius * (2 * (values[i] ?? Number.NaN) - 1)
      return values
    }
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
