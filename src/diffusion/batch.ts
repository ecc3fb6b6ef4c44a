/** The inputs of a training step: noised images, their targets, times, weights and labels, computed on the host in float64. */
import { element } from '../codec/element.ts'
import type { Named } from '../plan/backend.ts'
import { at } from '../tensor/axes.ts'
import { augmentRows, oneHot } from './labels.ts'
import { boundTerms } from './loss/boundTerms.ts'
import type { NoisedImage } from './noise/noised.ts'
import type { Mixture } from './process/mixture.ts'
import type { Process } from './process/process.ts'
import { times } from './times.ts'

/** How images become feeds. */
export interface Batching {
  readonly process: Process
  /** Null: the network takes no labels. */
  readonly classes: number | null
  /** Numbers of the label of augmentation; absent: the network takes none. */
  readonly augmentLabels?: number
  /** Images of an update, over which the loss is a mean: the batch size. */
  readonly whole: number
  /** Whether the network learns the variance too, and is fed what its bound needs; it does not unless given. */
  readonly variance?: boolean
}

/** The feeds of a training step, by name; `labels` and `augment` are there if the network takes them. */
export type StepFeeds = Named & Readonly<Record<'input' | 'target' | 'time' | 'weight', Float64Array>>

/** Of each image, image y + noise n, [n, h, w, c]; a plain loop, since every image of a run passes through it. */
const mixed = (shown: readonly NoisedImage[], mixture: (sigma: number) => Mixture): Float64Array => {
  const each = at(shown, 0).image.length
  const out = new Float64Array(shown.length * each)
  shown.forEach(({ image, noise, sigma }, n) => {
    if (image.length !== each || noise.length !== each)
      throw new RangeError(
        `image ${n} has ${image.length} numbers, its noise ${noise.length}: expected ${each} of both`,
      )
    const by = mixture(sigma)
    for (let i = 0; i < each; i++) out[n * each + i] = by.image * element(image, i) + by.noise * element(noise, i)
  })
  return out
}

/** What the bound of a learned variance needs: the clean images, and the terms of each noise level. */
const bounded = (shown: readonly NoisedImage[], process: Process, whole: number): Named => ({
  clean: mixed(shown, () => ({ image: 1, noise: 0 })),
  bound: Float64Array.from(
    shown.flatMap(({ sigma }) => {
      const { lowest, highest, error, decoder, factor } = boundTerms(process, sigma, whole)
      return [lowest, highest, error, decoder, factor]
    }),
  ),
})

/**
 * The feeds of a training step: `input` and `target` [n, h, w, c], `time` [n, 256], `weight` [n, 1, 1, 1], `labels`
 * [n, classes + 1] if there are classes, and `augment` [n, 9] if the network takes the label of an augmentation. An image has the
 * process's weight, divided by `whole`. With a learned variance also `clean` [n, h, w, c] and `bound` [n, 1, 1, 5] (`BoundTerms`).
 * Images of several sizes are a RangeError, and noise levels that are no timesteps, with a learned variance.
 */
export const stepFeeds = (
  shown: readonly NoisedImage[],
  { process, classes, augmentLabels, whole, variance = false }: Batching,
): StepFeeds => ({
  ...(variance ? bounded(shown, process, whole) : {}),
  input: mixed(shown, process.noising),
  target: mixed(shown, process.target),
  time: times(
    process,
    shown.map((s) => s.sigma),
  ),
  weight: Float64Array.from(shown, (s) => process.weight(s.sigma) / whole),
  ...oneHot(
    shown.map((s) => s.label),
    classes,
  ),
  ...augmentRows(
    shown.map((s) => s.augment),
    augmentLabels,
  ),
})
