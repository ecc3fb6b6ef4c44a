/**
 * The pictures on which runs of different settings are compared: every held-out picture at eight noise levels, one from each eighth of
 * the distribution, with fixed noise. One level for each picture, as a run validates, would leave several per cent to chance where
 * held-out pictures are few, and a per cent of the loss is several of the images to a goal.
 */

import { element } from '../../codec/element.ts'
import type { Dataset } from '../../data/dataset.ts'
import type { LogNoise } from '../../diffusion/noise/noiseDistribution.ts'
import type { NoisedImage } from '../../diffusion/noise/noised.ts'
import { fold, type Key, normal } from '../../random/key.ts'
import { heldOutPictures } from '../data.ts'
import { keysOf } from '../keys.ts'

/** Between eighths of the standard normal distribution. */
const bounds: readonly number[] = [
  Number.NEGATIVE_INFINITY,
  -1.1503493803760079,
  -0.6744897501960817,
  -0.31863936396437514,
  0,
  0.31863936396437514,
  0.6744897501960817,
  1.1503493803760079,
  Number.POSITIVE_INFINITY,
]
export const strata = bounds.length - 1

/** Each number of a key's is in an eighth with one chance in eight: of 512, none is with one in 10^29. */
const drawn = 512

/** A standard normal number of an eighth. */
const normalIn = (stratum: number, key: Key): number => {
  const [low, high] = [element(bounds, stratum), element(bounds, stratum + 1)]
  const found = normal(key, drawn).find((z) => low <= z && z < high)
  if (found === undefined) throw new RangeError(`none of ${drawn} numbers is in eighth ${stratum}`)
  return found
}

/** Held-out pictures, at most. */
export const mostImages = 256

/** Law: of each picture, one level is in each eighth of ln sigma ~ N(mean, std^2). The same for every setting and seed. */
export const validationAt = (dataset: Dataset, { mean, std }: LogNoise): readonly NoisedImage[] =>
  heldOutPictures(dataset, mostImages).flatMap((picture, n) =>
    Array.from({ length: strata }, (_, stratum) => {
      const key = fold(fold(keysOf(0).validation, n), stratum)
      return {
        ...picture,
        noise: normal(fold(key, 0), picture.image.length),
        sigma: Math.exp(mean + std * normalIn(stratum, fold(key, 1))),
      }
    }),
  )
