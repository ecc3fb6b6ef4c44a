/**
 * Euler's first-order sampler of the probability-flow ODE: x' = x + (t - s) (x - D(x; s)) / s, one call per step. With churn
 * each step starts from the higher level s_hat (Karras et al. 2022, Algorithm 2 without its correction).
 */
import { at } from '../../tensor/axes.ts'
import { type Churn, churned, noChurn } from './churn.ts'
import { type Sampler, sampler, slope } from './sampler.ts'

/** Euler's method along the ODE of EDM: first order, one evaluation per step; with churn, noise on the way. */
export const euler = (churn: Churn = noChurn): Sampler =>
  sampler(
    'euler',
    (steps) => steps,
    async (denoise, start, stretch) => {
      const { x, sigma: s } = churned(churn)(start, stretch)
      const { denoised } = await denoise(x, s)
      const d = slope(x, denoised, s)
      return { x: x.map((v, i) => v + (stretch.to - s) * at(d, i)), denoised }
    },
  )
