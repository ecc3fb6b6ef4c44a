/**
 * DDPM's ancestral sampler (Ho et al. 2020, Eq. 6 and 7), respaced (Nichol and Dhariwal 2021): from level s to t it draws from
 * the posterior q(x_t | x_s, D). With alpha-bar = 1 / (1 + sigma^2) and, for the whole stretch,
 *
 *   beta = 1 - alpha-bar_s / alpha-bar_t, beta-tilde = (1 - alpha-bar_t) / (1 - alpha-bar_s) beta,
 *
 * its mean in EDM's frame is (t / s)^2 x + (1 - (t / s)^2) D. Its variance is beta-tilde (fixed_small), beta (fixed_large) or
 * what the network answers between the two (learned_range: log variance = frac log beta + (1 - frac) log beta-tilde, where
 * frac = (v + 1) / 2), each divided by alpha-bar_t for EDM's frame. The step to level 0 adds no noise.
 */
import { at } from '../../tensor/axes.ts'
import { posterior } from '../process/posterior.ts'
import { freshNoise } from './freshNoise.ts'
import { type Sampler, sampler } from './sampler.ts'

/** The variances that DDPM's posterior can have. */
export const posteriorVariances = ['learned_range', 'fixed_small', 'fixed_large'] as const
/** learned_range is the network's where it answers one, else fixed_small. */
export type PosteriorVariance = (typeof posteriorVariances)[number]

/** What DDPM leaves open. */
export interface DdpmOptions {
  readonly variance: PosteriorVariance
}

/** The network's variance where there is one, else fixed_small, which is diffusers' default. */
export const defaultDdpmOptions: DdpmOptions = { variance: 'learned_range' }

/** fixed_small and fixed_large of the stretch from level s to t > 0, in EDM's frame: beta-tilde and beta over alpha-bar_t. */
const bounds = (s: number, t: number): { readonly small: number; readonly large: number } => {
  const { variance, beta } = posterior(s, t)
  const overAlphaBar = 1 + t ** 2
  return { small: variance * overAlphaBar, large: beta * overAlphaBar }
}

/** The standard deviation of element i of the noise, by what the network says of it, if it does. */
const deviation = (
  variance: PosteriorVariance,
  { small, large }: ReturnType<typeof bounds>,
  learned: Float64Array | undefined,
): ((i: number) => number) => {
  if (variance === 'learned_range' && learned !== undefined) {
    const [logLarge, logSmall] = [Math.log(large), Math.log(small)]
    return (i) => {
      const frac = (at(learned, i) + 1) / 2
      return Math.exp((frac * logLarge + (1 - frac) * logSmall) / 2)
    }
  }
  const fixed = Math.sqrt(variance === 'fixed_large' ? large : small)
  return () => fixed
}

/** DDPM's ancestral sampling (Ho et al. 2020, arXiv 2006.11239), one evaluation per step, with fresh noise in each. */
export const ddpm = (options: Partial<DdpmOptions> = {}): Sampler => {
  const { variance } = { ...defaultDdpmOptions, ...options }
  return sampler(
    'ddpm',
    (steps) => steps,
    async (denoise, x, stretch) => {
      const { from: s, to: t } = stretch
      const { denoised, variance: learned } = await denoise(x, s)
      const kept = (t / s) ** 2
      const mean = x.map((v, i) => kept * v + (1 - kept) * at(denoised, i))
      if (t === 0) return { x: mean, denoised }
      const noise = freshNoise(stretch, x.length)
      const std = deviation(variance, bounds(s, t), learned)
      return { x: mean.map((v, i) => v + std(i) * at(noise, i)), denoised }
    },
  )
}
