/**
 * DDIM (Song et al. 2021, Eq. 12 and 16), one call per step:
 *
 *   x_{t-1} = sqrt(alpha-bar_{t-1}) x0 + sqrt(1 - alpha-bar_{t-1} - sigma_t^2) eps + sigma_t n,
 *   sigma_t^2 = eta^2 (1 - alpha-bar_{t-1}) / (1 - alpha-bar_t) (1 - alpha-bar_t / alpha-bar_{t-1}).
 *
 * In EDM's frame, where alpha-bar = 1 / (1 + sigma^2) and all is divided by sqrt(alpha-bar), from level s to t:
 *
 *   x' = D + sqrt(t^2 - v) (x - D) / s + sqrt(v) n, v = eta^2 t^2 (1 - t^2 / s^2).
 *
 * Laws: eta 0 is Euler's step; eta 1 is `ddpm` with the variance fixed_small.
 */
import { at } from '../../tensor/axes.ts'
import { freshNoise } from './freshNoise.ts'
import { type Sampler, sampler } from './sampler.ts'

/** What DDIM leaves open. */
export interface DdimOptions {
  /** The share of fresh noise, from 0, none, to 1, that of DDPM's posterior. */
  readonly eta: number
  /**
   * Whether eps = (x - D) / s is that of the clipped estimate, as in ADM and GLIDE, where estimates are clipped; if not, as
   * in diffusers by default, it is that of the estimate as the network had it.
   */
  readonly useClippedModelOutput: boolean
}

/** As diffusers has them by default: no fresh noise, the network's own eps. */
export const defaultDdimOptions: DdimOptions = { eta: 0, useClippedModelOutput: false }

/** DDIM (Song et al. 2021, arXiv 2010.02502): first order, one evaluation per step. An eta outside [0, 1] is a RangeError. */
export const ddim = (options: Partial<DdimOptions> = {}): Sampler => {
  const { eta, useClippedModelOutput } = { ...defaultDdimOptions, ...options }
  if (!(eta >= 0 && eta <= 1)) throw new RangeError(`ddim: eta is ${eta}, expected a number from 0 to 1`)
  return sampler(
    'ddim',
    (steps) => steps,
    async (denoise, x, stretch) => {
      const { from: s, to: t } = stretch
      const { denoised, unclipped = denoised } = await denoise(x, s)
      const believed = useClippedModelOutput ? denoised : unclipped
      const variance = eta ** 2 * t ** 2 * (1 - (t / s) ** 2)
      const along = Math.sqrt(t ** 2 - variance) / s
      const next = x.map((v, i) => at(denoised, i) + along * (v - at(believed, i)))
      if (variance === 0) return { x: next, denoised }
      const noise = freshNoise(stretch, x.length)
      return { x: next.map((v, i) => v + Math.sqrt(variance) * at(noise, i)), denoised }
    },
  )
}
