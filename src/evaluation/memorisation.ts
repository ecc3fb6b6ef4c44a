/**
 * Whether samples are copies of training pictures: their distances to the nearest training picture beside those of held-out
 * pictures, which nobody can have copied.
 */
import { element } from '../codec/element.ts'

/** How near samples are to training pictures. */
export interface Memorisation {
  /** The mean distance of samples to their nearest training picture over that of held-out pictures: 1 is as new as those. */
  readonly ratio: number
  /** The share of samples that are nearer than half of the held-out pictures' median distance. */
  readonly copied: number
}

const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((sum, d) => sum + d, 0) / x.length

/** The middle number, or the mean of the two in the middle. */
const median = (x: ArrayLike<number>): number => {
  const sorted = Array.from(x).sort((a, b) => a - b)
  const at = (sorted.length - 1) / 2
  return (element(sorted, Math.floor(at)) + element(sorted, Math.ceil(at))) / 2
}

/**
 * Compares distances to the nearest training picture. Null without held-out pictures: there is nothing to compare with.
 * @param samples [n]
 * @param heldOut [m]
 */
export const memorisation = (samples: ArrayLike<number>, heldOut: ArrayLike<number>): Memorisation | null => {
  if (heldOut.length === 0) return null
  const near = 0.5 * median(heldOut)
  return {
    ratio: mean(samples) / mean(heldOut),
    copied: Array.from(samples).filter((d) => d < near).length / samples.length,
  }
}
