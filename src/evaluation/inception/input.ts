/** Pictures as the Inception network takes them. */
import { element } from '../../codec/element.ts'
import { bilinear } from '../../data/bilinear.ts'
import { byte } from '../../io/png.ts'
import { inceptionSize } from './inception.ts'

/** Height, or width, and channels of square pictures of so many numbers; a RangeError if there are no such. */
const squareOf = (numbers: number): { readonly size: number; readonly channels: 1 | 3 } => {
  for (const channels of [1, 3] as const) {
    const size = Math.sqrt(numbers / channels)
    if (Number.isInteger(size) && size > 0) return { size, channels }
  }
  throw new RangeError(`pictures of ${numbers} numbers each, expected squares of 1 or 3 channels`)
}

/**
 * Square pictures [n, s, s, c] in [-1, 1], c = 1 or 3 -> [n, 299, 299, 3] in [-1, 1): to bytes, grey three times, to 299 x
 * 299 as TensorFlow 1 does it (`bilinear`), and (x - 128) / 128. RangeError for pictures of another shape, or with a NaN.
 */
export const inceptionInput = (pictures: Float32Array, n: number): Float32Array<ArrayBuffer> => {
  if (!(Number.isSafeInteger(n) && n >= 1)) throw new RangeError(`${n} pictures, expected a whole number of at least 1`)
  const each = pictures.length / n
  const { size, channels } = squareOf(each)
  const wrong = pictures.findIndex(Number.isNaN)
  if (wrong >= 0) throw new RangeError(`picture ${Math.floor(wrong / each)} holds a NaN, expected numbers from -1 to 1`)
  const to = { height: inceptionSize, width: inceptionSize }
  const pixels = inceptionSize ** 2
  const out = new Float32Array(n * pixels * 3)
  for (let i = 0; i < n; i++) {
    const bytes = Uint8Array.from(pictures.subarray(i * each, (i + 1) * each), byte)
    const resized = bilinear(bytes, { height: size, width: size, channels }, to)
    for (let p = 0; p < pixels; p++)
      for (let c = 0; c < 3; c++)
        out[(i * pixels + p) * 3 + c] = (element(resized, p * channels + (c % channels)) - 128) / 128
  }
  return out
}
