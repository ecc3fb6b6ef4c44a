/**
 * A compiled network F for sampling and validation. It has a fixed batch size and is evaluated on any number of images: the
 * last batch is padded, and an image's output depends on that image only.
 */
import type { Executable, Named, Numbers } from '../plan/backend.ts'
import { augmentRows } from './labels.ts'
import type { Process } from './process/process.ts'

/** A network compiled for batches of one size, with its parameters. */
export interface CompiledNetwork {
  /**
   * Its inputs are `input` [b, h, w, c], `time` [b, 256], `labels` [b, classes + 1] if there are classes, and `augment` [b, 9]
   * if it takes the label of an augmentation; its output is `network` [b, h, w, c], or [b, h, w, 2 c] of a network that learns the variance too. Parameters are written before.
   */
  readonly executable: Executable
  /** The batch size b. */
  readonly batch: number
  /** Height and width of an image. */
  readonly size: number
  readonly channels: number
  /** Null: unconditional. */
  readonly classes: number | null
  /** Numbers of the label of augmentation, zeros wherever images are not augmented; absent: it takes none. */
  readonly augmentLabels?: number
  readonly process: Process
}

/** Called between batches; throws if the work should stop. */
export type StopCheck = () => void

/** Numbers of an image [h, w, c]. */
export const elementsOf = ({ size, channels }: CompiledNetwork): number => size * size * channels

/** Numbers that the network answers for an image come in these two sizes. */
export interface Answer {
  readonly output: Numbers
  /** The output's channels, c or 2 c. */
  readonly channels: number
}

/** Evaluates F on a full batch, of images as the data has them; an output of another size than expected is a RangeError. */
export const evaluated = async (network: CompiledNetwork, feeds: Named): Promise<Answer> => {
  const asTheyAre = augmentRows(
    Array.from({ length: network.batch }, () => undefined),
    network.augmentLabels,
  )
  const { network: output } = await network.executable.run({ ...asTheyAre, ...feeds })
  const pixels = network.batch * network.size ** 2
  const [one, two] = [network.channels, 2 * network.channels]
  const channels = output === undefined ? 0 : output.length / pixels
  if (output === undefined || (channels !== one && channels !== two))
    throw new RangeError(
      `the network's output "network" has ${output?.length ?? 'no'} numbers: expected ${pixels * one} or ${pixels * two}`,
    )
  return { output, channels }
}
