/**
 * Noise levels of EDM (Karras et al. 2022, arXiv 2206.00364): the sampler's discretisation, and the distribution in
 * training. Plain float64 numbers, independent of models.
 */
import { type Key, normal } from '../random/key.ts'
import { at } from '../tensor/axes.ts'

export interface Levels {
  readonly sigmaMin: number
  readonly sigmaMax: number
  readonly rho: number
}

export const edmLevels: Levels = { sigmaMin: 0.002, sigmaMax: 80, rho: 7 }

/** Eq. 5: `steps` decreasing noise levels from sigmaMax to sigmaMin, then 0. */
export const sigmas = (steps: number, { sigmaMin, sigmaMax, rho }: Levels = edmLevels): readonly number[] => {
  const [high, low] = [sigmaMax ** (1 / rho), sigmaMin ** (1 / rho)]
  const level = (i: number): number => (steps === 1 ? sigmaMax : (high + (i / (steps - 1)) * (low - high)) ** rho)
  return [...Array.from({ length: steps }, (_, i) => level(i)), 0]
}

/** ln sigma is normally distributed. */
export interface NoiseDistribution {
  readonly mean: number
  readonly std: number
}

export const edmNoise: NoiseDistribution = { mean: -1.2, std: 1.2 }

/** The noise level of one training image; the key is the image's own. */
export const drawSigma =
  ({ mean, std }: NoiseDistribution) =>
  (key: Key): number =>
    Math.exp(mean + std * at(normal(key, 1), 0))
