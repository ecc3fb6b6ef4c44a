/**
 * Churn (Karras et al. 2022, Algorithm 2, lines 4 to 6): before a step, noise is added, and the step starts from the higher
 * level s_hat = s + gamma s,
 *
 *   x_hat = x + sqrt(s_hat^2 - s^2) S_noise n, gamma = min(S_churn / N, sqrt(2) - 1) for S_tmin <= s <= S_tmax, else 0,
 *
 * with N steps. Law: S_churn = 0 is no churn: nothing is drawn, and the state stays as it is.
 */
import { at } from '../../tensor/axes.ts'
import { freshNoise } from './freshNoise.ts'
import type { Stretch } from './sampler.ts'

/** EDM's parameters of stochastic sampling. */
export interface Churn {
  /** How much noise all steps add together; 0 is none. */
  readonly sChurn: number
  /** The lowest noise level at which noise is added. */
  readonly sTmin: number
  /** The highest noise level at which noise is added. */
  readonly sTmax: number
  /** The standard deviation of that noise, relative to what keeps the level. */
  readonly sNoise: number
}

/** No churn, as EDM and diffusers have it unless told otherwise. */
export const noChurn: Churn = { sChurn: 0, sTmin: 0, sTmax: Number.POSITIVE_INFINITY, sNoise: 1 }

/** A state x [b, h, w, c] and its noise level. */
interface Level {
  readonly x: Float64Array
  readonly sigma: number
}

/** The state and the level from which a step starts. */
export const churned =
  ({ sChurn, sTmin, sTmax, sNoise }: Churn) =>
  (x: Float64Array, stretch: Stretch): Level => {
    const { from: s, steps } = stretch
    const gamma = sTmin <= s && s <= sTmax ? Math.min(sChurn / steps, Math.SQRT2 - 1) : 0
    if (gamma === 0) return { x, sigma: s }
    const sigma = s + gamma * s
    const noise = freshNoise(stretch, x.length)
    const added = sNoise * Math.sqrt(sigma ** 2 - s ** 2)
    return { x: x.map((v, i) => v + added * at(noise, i)), sigma }
  }
