/**
 * The number types of safetensors: bytes per element, how to read them, and how to write those that DiffiT writes.
 * Bytes are little-endian, as is every machine that runs this. No tensors here, only flat arrays.
 */
import * as E from 'fp-ts/lib/Either.js'

export type Values = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>
type Bytes = Uint8Array<ArrayBuffer>

interface Dtype {
  readonly bytes: number
  /** Bytes whose offset in their buffer is a multiple of 8. */
  readonly read: (aligned: Bytes) => E.Either<string, Values>
}

const words = (b: Bytes): Uint16Array<ArrayBuffer> => new Uint16Array(b.buffer, b.byteOffset, b.byteLength / 2)

/** The upper half of a float32. */
const brain = (b: Bytes): Float32Array<ArrayBuffer> =>
  new Float32Array(Uint32Array.from(words(b), (w) => w << 16).buffer)

type Integers = ArrayLike<number> & Iterable<number>
const integers =
  (make: new (buffer: ArrayBuffer, offset: number, length: number) => Integers, bytes: number): Dtype['read'] =>
  (b) =>
    E.right(Float64Array.from(new make(b.buffer, b.byteOffset, b.byteLength / bytes)))

const wide =
  (make: new (buffer: ArrayBuffer, offset: number, length: number) => Iterable<bigint>): Dtype['read'] =>
  (b) => {
    const values = Float64Array.from(new make(b.buffer, b.byteOffset, b.byteLength / 8), Number)
    return values.every(Number.isSafeInteger) ? E.right(values) : E.left('it holds integers beyond 2^53')
  }

/** float32 holds F32, F16 and BF16 exactly; everything else is read as float64. */
export const dtypes = {
  F64: { bytes: 8, read: (b) => E.right(new Float64Array(b.buffer, b.byteOffset, b.byteLength / 8)) },
  F32: { bytes: 4, read: (b) => E.right(new Float32Array(b.buffer, b.byteOffset, b.byteLength / 4)) },
  F16: {
    bytes: 2,
    read: (b) => E.right(new Float32Array(new Float16Array(b.buffer, b.byteOffset, b.byteLength / 2))),
  },
  BF16: { bytes: 2, read: (b) => E.right(brain(b)) },
  I64: { bytes: 8, read: wide(BigInt64Array) },
  U64: { bytes: 8, read: wide(BigUint64Array) },
  I32: { bytes: 4, read: integers(Int32Array, 4) },
  U32: { bytes: 4, read: integers(Uint32Array, 4) },
  I16: { bytes: 2, read: integers(Int16Array, 2) },
  U16: { bytes: 2, read: integers(Uint16Array, 2) },
  I8: { bytes: 1, read: integers(Int8Array, 1) },
  U8: { bytes: 1, read: integers(Uint8Array, 1) },
  BOOL: { bytes: 1, read: (b) => E.right(Float64Array.from(b, (x) => (x === 0 ? 0 : 1))) },
} as const satisfies Readonly<Record<string, Dtype>>

/** An element type of safetensors that can be read: `F32`, `BF16`, `I64`, .. */
export type DtypeName = keyof typeof dtypes

type Numbers = Float32Array | Float64Array

const view = (a: Numbers | Uint32Array | Uint16Array | Float16Array): Uint8Array =>
  new Uint8Array(a.buffer, a.byteOffset, a.byteLength)

/** The nearest numbers that the upper half of a float32 holds, ties to even; from float64 they are rounded once. */
const toBrain = (values: Numbers): Uint16Array => {
  const out = new Uint16Array(values.length)
  const single = new Float32Array(1)
  const bits = new Uint32Array(single.buffer)
  for (const [i, x] of values.entries()) {
    single[0] = x
    const [f = 0, b = 0] = [single[0], bits[0]]
    const [upper, lower] = [b >>> 16, b & 0xffff]
    // between two numbers, a float64 that float32 rounded there lies on the side that it came from
    const beyond = Math.abs(x) - Math.abs(f)
    const up = lower > 0x8000 || (lower === 0x8000 && (beyond > 0 || (beyond === 0 && upper % 2 === 1)))
    out[i] = Number.isNaN(x) ? 0x7fc0 : up ? upper + 1 : upper
  }
  return out
}

/** F32, F16 and BF16 round to the nearest number, ties to even, from float64 once; F16 beyond 65,504 is an infinity. */
export const writers = {
  F64: (values: Numbers) => view(values instanceof Float64Array ? values : Float64Array.from(values)),
  F32: (values: Numbers) => view(values instanceof Float32Array ? values : Float32Array.from(values)),
  F16: (values: Numbers) => view(new Float16Array(values)),
  BF16: (values: Numbers) => view(toBrain(values)),
  I64: (values: Numbers) => new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  U32: (values: Numbers) => view(Uint32Array.from(values)),
} as const satisfies { readonly [name in DtypeName]?: (values: Numbers) => Uint8Array }
