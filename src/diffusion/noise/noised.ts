/**
 * The random part of a training image: its noise, noise level and label dropout. All of it comes from the image's own key,
 * so it does not depend on the batch or micro-batch size, on threads, or on stopping and resuming.
 */
import type { Numbers } from '../../plan/backend.ts'
import { fold, type Key, normal, uniform } from '../../random/key.ts'
import { at } from '../../tensor/axes.ts'
import type { NoiseDistribution } from './noiseDistribution.ts'

/** A clean image [h, w, c]; label null is an image without a class. */
export interface LabelledImage {
  readonly image: Numbers
  readonly label: number | null
}

/** A random transformation of a clean image, with the label that says which; the key is the image's own, for this alone. */
export type Augmentation = (key: Key, image: Numbers) => { readonly image: Numbers; readonly augment: Numbers }

/** A training image with its noise n and noise level sigma; label null is the null label of classifier-free guidance. */
export interface NoisedImage extends LabelledImage {
  readonly noise: Numbers
  readonly sigma: number
  /** The label of the image's augmentation [9]; absent: it is as the data has it. */
  readonly augment?: Numbers
}

/** How training images are noised. */
export interface Noising {
  readonly distribution: NoiseDistribution
  /** Probability of replacing a label by the null label (Ho and Salimans 2022). */
  readonly labelDropout: number
  /** Absent: images are as the data has them. */
  readonly augmentation?: Augmentation
}

/** Noise (child 0), noise level (child 1), label dropout (child 2) and augmentation (child 3) of one image, from its own key. */
export const noised =
  ({ distribution, labelDropout, augmentation }: Noising) =>
  (key: Key, { image, label }: LabelledImage): NoisedImage => ({
    ...(augmentation === undefined ? { image } : augmentation(fold(key, 3), image)),
    noise: normal(fold(key, 0), image.length),
    sigma: distribution.draw(fold(key, 1)),
    label: at(uniform(fold(key, 2), 1), 0) < labelDropout ? null : label,
  })
