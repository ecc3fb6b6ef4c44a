/** How close reconstructions are to their pictures. */
import { element } from '../codec/element.ts'
import type { Numbers } from '../plan/backend.ts'

/** From the darkest to the brightest value of a picture in [-1, 1]. */
const peak = 2
const clipped = (x: number): number => Math.max(-1, Math.min(1, x))

/** What two equal pictures count as in a mean. */
const most = 100

/**
 * The peak signal-to-noise ratio of pictures in [-1, 1], each of so many numbers, in decibels: 10 log10(4 / mean squared
 * difference), of values clipped to [-1, 1], a number for each picture; equal pictures are infinitely close.
 * A RangeError where the numbers are not those of whole pictures.
 */
export const psnr = (reconstructions: Numbers, pictures: Numbers, each: number): Float64Array => {
  const n = pictures.length / each
  if (!Number.isInteger(n) || n === 0 || reconstructions.length !== pictures.length)
    throw new RangeError(
      `${reconstructions.length} and ${pictures.length} numbers: expected as many, of whole pictures of ${each}`,
    )
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0
    for (let j = i * each; j < (i + 1) * each; j++)
      sum += (clipped(element(reconstructions, j)) - clipped(element(pictures, j))) ** 2
    return 10 * Math.log10((peak ** 2 * each) / sum)
  })
}

/** The mean over pictures; equal ones count as 100 dB, so that it is a number. */
export const meanPsnr = (reconstructions: Numbers, pictures: Numbers, each: number): number => {
  const all = psnr(reconstructions, pictures, each)
  return all.reduce((sum, x) => sum + Math.min(x, most), 0) / all.length
}
