/**
 * DPM-Solver++(2M) (Lu et al. 2022, Algorithm 2): the ODE with D as a line through its two latest values, one call per step.
 * In the paper's letters x_t = (sigma_t / sigma_s) x_s - alpha_t (e^{-h} - 1) (D0 + D1 / 2). The first step and the one to
 * level 0 are of first order, which is DDIM's.
 */
import { type DpmppOptions, defaultDpmppOptions, type Earlier, extrapolated } from './dpmpp.ts'
import { multistep, type Sampler } from './sampler.ts'

/** DPM-Solver++(2M) (Lu et al. 2022, arXiv 2211.01095): second order, one evaluation per step. */
export const dpmpp2m = (options: Partial<DpmppOptions> = {}): Sampler =>
  multistep<Earlier>(
    'dpmpp-2m',
    (steps) => steps,
    async (denoise, x, stretch, before) => {
      const { denoised } = await denoise(x, stretch.from)
      const next = extrapolated(x, denoised, before, stretch, { ...defaultDpmppOptions, ...options, power: 1 })
      return { x: next, denoised, memory: { denoised, sigma: stretch.from } }
    },
  )
