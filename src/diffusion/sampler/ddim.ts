/**
 * The deterministic sampler of DDIM (Song et al. 2021, Eq. 12 with eta 0): the predicted clean image plus the predicted
 * noise at the next level, x' = D + (t / s) (x - D), one call per step. In EDM's frame x = y + sigma n, where DDIM's
 * x_t / sqrt(alpha_t) lives, it is the same step as `euler`: D + (t / s) (x - D) = x + (t - s) (x - D) / s.
 */
import { at } from '../../tensor/axes.ts'
import { sampler } from './sampler.ts'

/** DDIM without noise (Song et al. 2021, arXiv 2010.02502): first order, one evaluation per step. */
export const ddim = sampler(
  'ddim',
  (steps) => steps,
  async (denoise, x, { from: s, to: t }) => {
    const { denoised } = await denoise(x, s)
    return { x: x.map((v, i) => at(denoised, i) + (t / s) * (v - at(denoised, i))), denoised }
  },
)
