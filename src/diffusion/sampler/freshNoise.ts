/**
 * The noise that a sampler adds on its way. An image's noise is drawn from the image's own key, a child of it for each step,
 * so that an image depends neither on its batch nor on other images.
 */
import { fold, type Key, normal } from '../../random/key.ts'

/** Which step, counted from 0, and the key of each image. */
export interface Draw {
  readonly keys: readonly Key[]
  readonly index: number
}

/**
 * Standard normal numbers for a whole batch [b, h, w, c], those of image i from child `index` of its key. One draw a step is
 * what there is: the same step gives the same numbers again. Numbers that the images cannot share evenly are a RangeError.
 * @param size numbers of the batch
 */
export const freshNoise = ({ keys, index }: Draw, size: number): Float64Array => {
  const each = size / keys.length
  if (!Number.isSafeInteger(each))
    throw new RangeError(`noise for ${size} numbers of ${keys.length} images: expected a key for each image`)
  const noise = new Float64Array(size)
  keys.forEach((key, i) => {
    noise.set(normal(fold(key, index), each), i * each)
  })
  return noise
}
