/**
 * SDE-DPM-Solver++(2M), the variant of DPM-Solver++(2M) (Lu et al. 2022) for the reverse SDE: D is a line through its two
 * latest values, one call per step. In the paper's letters
 *
 *   x_t = (sigma_t / sigma_s) e^{-h} x_s + alpha_t (1 - e^{-2h}) (D0 + D1 / 2) + sigma_t sqrt(1 - e^{-2h}) n.
 *
 * Its first-order step is that of `ddpm` with the variance fixed_small.
 */
import { at } from '../../tensor/axes.ts'
import { type DpmppOptions, defaultDpmppOptions, type Earlier, extrapolated } from './dpmpp.ts'
import { freshNoise } from './freshNoise.ts'
import { multistep, type Sampler } from './sampler.ts'

/** SDE-DPM-Solver++(2M) (Lu et al. 2022, arXiv 2211.01095): one evaluation per step, with fresh noise in each. */
export const dpmpp2mSde = (options: Partial<DpmppOptions> = {}): Sampler =>
  multistep<Earlier>(
    'dpmpp-2m-sde',
    (steps) => steps,
    async (denoise, x, stretch, before) => {
      const { from: s, to: t } = stretch
      const { denoised } = await denoise(x, s)
      const mean = extrapolated(x, denoised, before, stretch, { ...defaultDpmppOptions, ...options, power: 2 })
      const memory = { denoised, sigma: s }
      if (t === 0) return { x: mean, denoised, memory }
      const std = t * Math.sqrt(1 - (t / s) ** 2)
      const noise = freshNoise(stretch, x.length)
      return { x: mean.map((v, i) => v + std * at(noise, i)), denoised, memory }
    },
  )
