/**
 * Augmentation of pictures: a random affine warp, then brightness and noise. All of it comes from the picture's own key, so
 * it does not depend on batches, on threads, or on stopping and resuming.
 */
import { linear, nearest, type PictureSize, resampled } from '../augmentation/index.ts'
import { element } from '../codec/element.ts'
import type { Numbers } from '../plan/backend.ts'
import { fold, type Key, normal, uniform } from '../random/key.ts'

/** x' = (1 + a) x + b y + c, y' = d x + (1 + e) y + f: [a, b, c, d, e, f], in coordinates from -1 to 1 between the edges. */
export type Affine = ArrayLike<number>

/** Standard deviations of an affine map's numbers, of brightness, and the largest deviation of noise, at strength 1. */
const deviations = { affine: [0.1, 0.1, 0.15, 0.1, 0.1, 0.15], brightness: 0.05, noise: 0.1 } as const

/**
 * The picture [h, w, c] seen through an affine map: pixel (x, y) is what stands at (x', y'), between four pixels bilinear,
 * beyond the edge the nearest; PyTorch's `affine_grid` and `grid_sample` with `padding_mode="border"`, corners not aligned.
 */
export const warped = (image: Numbers, { size, channels }: PictureSize, map: Affine): Float64Array => {
  const [a, b, c, d, e, f] = Array.from({ length: 6 }, (_, i) => element(map, i))
  if (a === undefined || b === undefined || c === undefined || d === undefined || e === undefined || f === undefined)
    throw new RangeError('an affine map has six numbers')
  const inside = (x: number): number => Math.max(0, Math.min(size - 1, ((x + 1) * size - 1) / 2))
  return resampled({ size, channels }, { kernel: linear, border: nearest }, (i, j) => {
    const [x, y] = [(2 * j + 1) / size - 1, (2 * i + 1) / size - 1]
    return [inside(d * x + (1 + e) * y + f), inside((1 + a) * x + b * y + c)]
  })(image)
}

/**
 * A picture [h, w, c] in [-1, 1], warped (child 0 of the key), brighter or darker (child 1), with normal noise (child 3) of a
 * deviation of its own (child 2). Strength 0 leaves it as it is, 1 is the usual.
 */
export const augmented =
  (strength: number, shape: PictureSize) =>
  (key: Key, image: Numbers): Numbers => {
    if (strength === 0) return image
    const affine = normal(fold(key, 0), 6).map((z, i) => strength * element(deviations.affine, i) * z)
    const shift = strength * deviations.brightness * element(normal(fold(key, 1), 1), 0)
    const spread = strength * deviations.noise * element(uniform(fold(key, 2), 1), 0)
    const noise = normal(fold(key, 3), image.length)
    const out = warped(image, shape, affine)
    for (let i = 0; i < out.length; i++) out[i] = element(out, i) + shift + spread * element(noise, i)
    return out
  }
