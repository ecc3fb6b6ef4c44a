/** Where a noise level stands on the way that a sampler goes: the t / T of schedules that are defined by time. */
import { at } from '../../tensor/axes.ts'

/**
 * The share of the way that is left at a noise level, by its place among the levels that a sampler goes through: (n - i) / n at
 * level i of n steps, so 1 at the first and 0 at the last, as evenly spaced timesteps have it. Between two levels it is linear in
 * sigma; above the first (where churn may lead) it is 1, below the last 0.
 * @param levels decreasing, at least two
 */
export const wayLeft =
  (levels: readonly number[]) =>
  (sigma: number): number => {
    const steps = levels.length - 1
    const reached = levels.findIndex((level) => level <= sigma)
    if (reached === 0) return 1
    if (reached < 0) return 0
    const [above, below] = [at(levels, reached - 1), at(levels, reached)]
    return (steps - reached + (sigma - below) / (above - below)) / steps
  }
