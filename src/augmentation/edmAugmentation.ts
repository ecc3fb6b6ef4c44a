/**
 * EDM's augmentation (Karras et al. 2022, Appendix F.2): a picture flipped, scaled, turned, stretched and moved at random,
 * with a label of nine numbers that says how. The network is told the label, so that it learns of all the pictures and yet
 * generates those of label zero. A label is drawn from the picture's own key, and says all of what is done.
 *
 * EDM resamples between wavelet filters; here pixels are weighted by Keys' cubic kernel, as wide as the picture is made smaller.
 */
import { element } from '../codec/element.ts'
import { bernoulli, fold, type Key } from '../random/key.ts'
import { type Affine, composed, identity, inverse } from './affine.ts'
import { cubic } from './kernels.ts'
import { type PictureSize, type Pixels, reflected, resampled } from './resampled.ts'
import { augmentLabels, transforms } from './transforms.ts'

/** A picture [h, w, c] and the label of its augmentation [9]. */
export interface AugmentedPicture {
  readonly image: Pixels
  readonly augment: Float64Array
}

/** The transformations with the place of their numbers in the label. */
const placed = transforms.map((transform, i) => ({
  ...transform,
  from: transforms.slice(0, i).reduce((sum, { width }) => sum + width, 0),
}))

/**
 * A label [9], each transformation applied with this probability (but x-flip always): of transformation i whether from child 0
 * and its numbers from child 1 of the key's child i. Zero wherever none is applied.
 */
export const augmentLabel =
  (probability: number) =>
  (key: Key): Float64Array => {
    const label = new Float64Array(augmentLabels)
    placed.forEach(({ isAlways, draw, width, from }, i) => {
      const own = fold(key, i)
      const applied = isAlways || bernoulli(fold(own, 0), probability, 1)[0] === 1
      if (applied) label.set(draw(fold(own, 1)).slice(0, width), from)
    })
    return label
  }

/** Where a label takes the points of a picture of so many pixels, in pixels from its middle. */
export const augmentMap = (label: ArrayLike<number>, size: number): Affine =>
  placed.reduce((before, { map, width, from }) => {
    const b = width === 2 ? element(label, from + 1) : 0
    return composed(map(element(label, from), b, size), before)
  }, identity)

/** The picture [h, w, c] as a label says; of zeros it is itself. What lies beyond its edges is its mirror image. */
export const augmentedBy = ({ size, channels }: PictureSize) => {
  const middle = (size - 1) / 2
  return (label: ArrayLike<number>, image: Pixels): Pixels => {
    if (Array.from(label).every((v) => v === 0)) return image
    const { xx, xy, x0, yx, yy, y0 } = inverse(augmentMap(label, size))
    const width = [Math.max(1, Math.hypot(yx, yy)), Math.max(1, Math.hypot(xx, xy))] as const
    return resampled({ size, channels }, { kernel: cubic, border: reflected, width }, (row, column) => {
      const [x, y] = [column - middle, row - middle]
      return [yx * x + yy * y + y0 + middle, xx * x + xy * y + x0 + middle]
    })(image)
  }
}

/** Pictures and the probability of each transformation; 0 is no augmentation, not even by x-flip. */
export interface AugmentationSettings extends PictureSize {
  readonly probability: number
}

/** A picture [h, w, c] augmented by its own key, with its label. */
export const edmAugmentation = ({ probability, ...shape }: AugmentationSettings) => {
  const [draw, by] = [augmentLabel(probability), augmentedBy(shape)]
  return (key: Key, image: Pixels): AugmentedPicture => {
    if (probability === 0) return { image, augment: new Float64Array(augmentLabels) }
    const augment = draw(key)
    return { image: by(augment, image), augment }
  }
}
