/**
 * A picture at other places than its pixels: the one mechanism of every warp. In float64 on the host, for one picture at a
 * time. Which kernel stands between pixels, and what lies beyond the edge, are values.
 */
import { element } from '../codec/element.ts'
import type { Kernel } from './kernels.ts'

/** The size of a picture [h, w, c]. */
export interface PictureSize {
  /** Height and width, in pixels. */
  readonly size: number
  readonly channels: number
}

/** Numbers of a picture [h, w, c]. */
export type Pixels = Float32Array | Float64Array

/** The pixel, 0 to n - 1, that stands for one of any whole number. */
export type Border = (pixel: number, n: number) => number

/** Beyond the edge the pixel nearest to it. */
export const nearest: Border = (pixel, n) => Math.max(0, Math.min(n - 1, pixel))

/** The picture mirrored at its edges, which lie half a pixel outside of the outermost centres, again and again. */
export const reflected: Border = (pixel, n) => {
  const within = ((pixel % (2 * n)) + 2 * n) % (2 * n)
  return within < n ? within : 2 * n - 1 - within
}

/** How a picture is resampled. */
export interface Resampling {
  readonly kernel: Kernel
  readonly border: Border
  /**
   * The kernel's width along rows' and columns' axis, at least 1: where the picture is made smaller by a factor, a kernel
   * that is as many times as wide keeps out what is too fine for the new pixels (no aliasing).
   */
  readonly width?: readonly [down: number, across: number]
}

/** Where in the old picture a pixel's value stands, in pixels: centres of pixels are whole numbers. */
export type Source = (row: number, column: number) => readonly [row: number, column: number]

/** Pixels and weights along one axis about a place, in arrays that are used again for the next place. */
const tapsOf = ({ kernel, border }: Resampling, width: number, n: number) => {
  const most = 2 * Math.ceil(kernel.radius * width) + 1
  const [pixels, weights] = [new Int32Array(most), new Float64Array(most)]
  const about = (place: number): number => {
    const [first, last] = [Math.ceil(place - kernel.radius * width), Math.floor(place + kernel.radius * width)]
    const count = last - first + 1
    let sum = 0
    for (let i = 0; i < count; i++) {
      const weight = kernel.weight((first + i - place) / width)
      pixels[i] = border(first + i, n)
      weights[i] = weight
      sum += weight
    }
    // weights of pixels one apart sum to 1 by themselves
    if (width > 1) for (let i = 0; i < count; i++) weights[i] = element(weights, i) / sum
    return count
  }
  return { pixels, weights, about }
}

/** The picture [h, w, c] whose pixels are those of another at their sources. */
export const resampled = ({ size, channels }: PictureSize, how: Resampling, source: Source) => {
  const [down, across] = how.width ?? [1, 1]
  return (image: Pixels): Float64Array => {
    const out = new Float64Array(size * size * channels)
    if (image.length !== out.length)
      throw new RangeError(`a picture of ${image.length} numbers: expected ${size} x ${size} x ${channels}`)
    // not `element`: it would see arrays of every type, and take several times as long
    const [rows, columns] = [tapsOf(how, down, size), tapsOf(how, across, size)]
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const [row, column] = source(i, j)
        const [high, wide] = [rows.about(row), columns.about(column)]
        for (let k = 0; k < channels; k++) {
          let sum = 0
          for (let r = 0; r < high; r++) {
            const start = (rows.pixels[r] ?? Number.NaN) * size
            let along = 0
            for (let s = 0; s < wide; s++) {
              const pixel = start + (columns.pixels[s] ?? Number.NaN)
              along += (columns.weights[s] ?? Number.NaN) * (image[pixel * channels + k] ?? Number.NaN)
            }
            sum += (rows.weights[r] ?? Number.NaN) * along
          }
          out[(i * size + j) * channels + k] = sum
        }
      }
    return out
  }
}
