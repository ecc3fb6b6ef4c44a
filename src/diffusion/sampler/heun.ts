/**
 * Heun's second-order sampler of EDM (Karras et al. 2022, Algorithms 1 and 2): an Euler step, then the mean of the slopes at
 * its two ends; the last step, to level 0, is Euler's. n steps call the denoiser 2 n - 1 times, and the error falls with the
 * square of the step. With churn each step starts from the higher level s_hat.
 */
import { at } from '../../tensor/axes.ts'
import { type Churn, churned, noChurn } from './churn.ts'
import { type Sampler, sampler, slope } from './sampler.ts'

/** Heun's method (Algorithms 1 and 2 of Karras et al. 2022): second order, two evaluations per step, one in the last. */
export const heun = (churn: Churn = noChurn): Sampler =>
  sampler(
    'heun',
    (steps) => 2 * steps - 1,
    async (denoise, start, stretch) => {
      const { x, sigma: s } = churned(churn)(start, stretch)
      const { to: t } = stretch
      const { denoised } = await denoise(x, s)
      const d = slope(x, denoised, s)
      const euler = x.map((v, i) => v + (t - s) * at(d, i))
      if (t === 0) return { x: euler, denoised }
      const e = slope(euler, (await denoise(euler, t)).denoised, t)
      return { x: x.map((v, i) => v + ((t - s) * (at(d, i) + at(e, i))) / 2), denoised }
    },
  )
