/** A sampler's noise levels as one value: how the way from the highest to the lowest is divided into steps. */
import * as E from 'fp-ts/lib/Either.js'
import { identity, pipe } from 'fp-ts/lib/function.js'

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
   * `steps` decreasing noise levels within the range, then 0: steps + 1 numbers. Most schedules begin at sigmaMax and end at
   * sigmaMin; those of timesteps begin and end at the timesteps that they take. One step is [sigmaMax, 0].
   * A RangeError of what `refusal` says where there are no such levels.
   */
  readonly levels: (steps: number, range: NoiseRange) => readonly number[]
  /** Why there are no such levels: `steps` is no whole number of at least 1, or does not go with the range; null if there are. */
  readonly refusal: (steps: number, range: NoiseRange) => string | null
}

/** A schedule by its levels without the last 0; a Left is why there are none. They are asked of valid ranges and steps only. */
export const scheduleOf = (
  name: string,
  positive: (steps: number, range: NoiseRange) => E.Either<string, readonly number[]>,
): Schedule => {
  const found = (steps: number, range: NoiseRange): E.Either<string, readonly number[]> => {
    const { sigmaMin, sigmaMax } = range
    if (!Number.isSafeInteger(steps) || steps < 1)
      return E.left(`${steps} is no number of steps, expected a whole number of at least 1`)
    if (!(0 < sigmaMin && sigmaMin < sigmaMax && sigmaMax < Number.POSITIVE_INFINITY))
      return E.left(`noise levels from ${sigmaMin} to ${sigmaMax}, expected 0 < sigmaMin < sigmaMax`)
    return positive(steps, range)
  }
  const named = E.mapLeft((why: string) => `${name}: ${why}`)
  return {
    name,
    refusal: (steps, range) =>
      pipe(
        found(steps, range),
        named,
        E.match(identity, () => null),
      ),
    levels: (steps, range) =>
      pipe(
        found(steps, range),
        named,
        E.match(
          (why) => {
            throw new RangeError(why)
          },
          (levels) => [...levels, 0],
        ),
      ),
  }
}

/** The schedule whose level at the fraction u of the way, in [0, 1], is `level(u, range)`. */
export const schedule = (name: string, level: (u: number, range: NoiseRange) => number): Schedule =>
  scheduleOf(name, (steps, range) =>
    E.right(Array.from({ length: steps }, (_, i) => (steps === 1 ? range.sigmaMax : level(i / (steps - 1), range)))),
  )
