/** The distribution of noise levels in training, as one value. */
import type { Key } from '../../random/key.ts'

/** From which noise levels training images are drawn. */
export interface NoiseDistribution {
  readonly name: string
  /** The noise level of one training image, positive; the key is that draw's own. */
  readonly draw: (key: Key) => number
}

/** Parameters that the distributions share: mean and standard deviation of the log noise level. */
export interface LogNoise {
  readonly mean: number
  readonly std: number
}

/** A distribution with the mean and the deviation that settings give. */
export type NoiseDistributionFor = (logNoise: LogNoise) => NoiseDistribution
