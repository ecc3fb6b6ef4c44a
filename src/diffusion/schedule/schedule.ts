/** A sampler's noise levels as one value: how the way from the highest to the lowest is divided into steps. */

/** The noise levels between which images are sampled: standard deviations of the noise, 0 < sigmaMin < sigmaMax. */
export interface NoiseRange {
  readonly sigmaMin: number
  readonly sigmaMax: number
  /** Of a discrete process the levels of its timesteps 0, 1, ..., increasing from sigmaMin to sigmaMax. */
  readonly timesteps?: readonly number[]
}

/** EDM's range for sampling (Karras et al. 2022, Table 1). */
export const edmRange: NoiseRange = { sigmaMin: 0.002, sigmaMax: 80 }

/** The noise levels of a sampler, by the number of its steps. */
export interface Schedule {
  readonly name: string
  /**
   * `steps` decreasing noise levels, from sigmaMax to sigmaMin, then 0: steps + 1 numbers. One step is [sigmaMax, 0].
   * A RangeError unless `steps` is a whole number of at least 1 and 0 < sigmaMin < sigmaMax.
   */
  readonly levels: (steps: number, range: NoiseRange) => readonly number[]
}

/** The schedule whose level at the fraction u of the way, in [0, 1], is `level(u, range)`. */
export const schedule = (name: string, level: (u: number, range: NoiseRange) => number): Schedule => ({
  name,
  levels: (steps, range) => {
    const { sigmaMin, sigmaMax } = range
    if (!Number.isSafeInteger(steps) || steps < 1)
      throw new RangeError(`${name}: ${steps} is no number of steps, expected a whole number of at least 1`)
    if (!(0 < sigmaMin && sigmaMin < sigmaMax && sigmaMax < Number.POSITIVE_INFINITY))
      throw new RangeError(`${name}: noise levels from ${sigmaMin} to ${sigmaMax}, expected 0 < sigmaMin < sigmaMax`)
    const at = (i: number): number => (steps === 1 ? sigmaMax : level(i / (steps - 1), range))
    return [...Array.from({ length: steps }, (_, i) => at(i)), 0]
  },
})
