/**
 * How much noise levels count in training, as one value: the factor of an image's loss between the network's F and its
 * target. A process has a weight of its own (`process.ts`), which validation always uses, so that runs of different
 * weightings can be compared by it.
 */
import type { NoiseDistribution } from '../noise/noiseDistribution.ts'
import type { Process } from '../process/process.ts'

/** What a weighting may depend on. */
export interface Weighed {
  readonly process: Process
  /** Standard deviation of the images. */
  readonly sigmaData: number
  /** The noise levels of training. */
  readonly distribution: NoiseDistribution
}

/** A weighting of noise levels: its name, one line of help, and the factor of a level. */
export interface Weighting {
  readonly name: string
  /** One line for `--help`. */
  readonly help: string
  /** Non-negative and finite at every level. */
  readonly factor: (c: Weighed) => (sigma: number) => number
}

/** The process with the weights of a weighting instead of its own: for batches of training. */
export const weighted = ({ factor }: Weighting, c: Weighed): Process => ({ ...c.process, weight: factor(c) })
