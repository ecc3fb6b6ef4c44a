/**
 * Pictures of another size by bilinear interpolation as TensorFlow 1 has it: new pixel i lies at i * from / to of the old
 * ones, with neither corners aligned nor centres of pixels (`tf.image.resize_bilinear`, both flags false). The network of
 * the Frechet inception distance was trained on such pictures and its distance depends on them: Parmar et al. (2022).
 */
import { element } from '../codec/element.ts'

/** The two old pixels that a new one lies between, and how far it is from the first. */
interface Between {
  readonly low: number
  readonly high: number
  readonly part: number
}

const between = (from: number, to: number): readonly Between[] =>
  Array.from({ length: to }, (_, i) => {
    const place = (i * from) / to
    const low = Math.floor(place)
    return { low, high: Math.min(low + 1, from - 1), part: place - low }
  })

/** Height, width and channels of a picture. */
export interface Extent {
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** Pixels [h, w, c] -> [height, width, c], unrounded. A picture of that size is itself. */
export const bilinear = (
  pixels: ArrayLike<number>,
  { height, width, channels }: Extent,
  to: Omit<Extent, 'channels'>,
): Float32Array<ArrayBuffer> => {
  const out = new Float32Array(to.height * to.width * channels)
  const [rows, columns] = [between(height, to.height), between(width, to.width)]
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      for (let c = 0; c < channels; c++) {
        const along = (line: number): number => {
          const a = element(pixels, (line * width + column.low) * channels + c)
          return a + (element(pixels, (line * width + column.high) * channels + c) - a) * column.part
        }
        const [top, bottom] = [along(row.low), along(row.high)]
        out[(y * to.width + x) * channels + c] = top + (bottom - top) * row.part
      }
    })
  })
  return out
}
