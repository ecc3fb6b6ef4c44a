/**
 * Schedules of a discrete process: which of its T timesteps are taken, so that the network is asked at levels that it was trained
 * at, and never between them (respacing, Nichol and Dhariwal 2021, section 4). Conventions differ; each is a value of its own.
 *
 * Laws: timesteps are whole, fall strictly and lie in [0, T - 1]; T steps take all of them. One step takes the last: diffusers'
 * `leading` and `linspace`, and ADM's, would take timestep 0 alone, where an image of pure noise does not lie.
 */
import * as E from 'fp-ts/lib/Either.js'
import { at } from '../../tensor/axes.ts'
import { type Schedule, scheduleOf } from './schedule.ts'

/** The whole number nearest to x, the even one of two, as Python's and NumPy's `round`. */
export const roundHalfEven = (x: number): number => {
  const below = Math.floor(x)
  const rest = x - below
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1
}

/**
 * A schedule of timesteps. It refuses a process without timesteps, and more steps than timesteps.
 * @param taken the timesteps of n steps of T, 1 < n <= T, in any order; null where there are no n such timesteps
 * @param expected which numbers of steps there are, where `taken` may be null
 */
export const spacing = (
  name: string,
  taken: (steps: number, timesteps: number) => readonly number[] | null,
  expected = '',
): Schedule =>
  scheduleOf(name, (steps, { timesteps }) => {
    if (timesteps === undefined)
      return E.left('the noise levels have no timesteps, expected those of a discrete process')
    const total = timesteps.length
    if (steps > total) return E.left(`${steps} steps of ${total} timesteps, expected at most as many`)
    const places = steps === 1 ? [total - 1] : taken(steps, total)
    return places === null
      ? E.left(`${steps} steps of ${total} timesteps, expected ${expected}`)
      : E.right([...places].sort((a, b) => b - a).map((t) => at(timesteps, t)))
  })
