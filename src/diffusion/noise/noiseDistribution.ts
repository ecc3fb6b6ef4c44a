/** The distribution of noise levels in training, as one value. */
import type { Key } from '../../random/key.ts'
import type { Process } from '../process/process.ts'

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

/**
 * A distribution with the mean and the deviation that settings give, for a process; one that does not depend on something takes
 * no notice of it. A RangeError where the process does not have what the distribution draws from.
 */
export type NoiseDistributionFor = (logNoise: LogNoise, process: Pick<Process, 'name' | 'range'>) => NoiseDistribution
