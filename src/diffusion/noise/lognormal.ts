/** EDM's noise levels in training (Karras et al. 2022, Table 1): ln sigma is normally distributed. */
import { normal } from '../../random/key.ts'
import { at } from '../../tensor/axes.ts'
import type { LogNoise, NoiseDistribution } from './noiseDistribution.ts'

/** EDM's parameters for images of pixels. */
export const edmNoise: LogNoise = { mean: -1.2, std: 1.2 }

/** Noise levels whose logarithms are normal (EDM). */
export const lognormal = ({ mean, std }: LogNoise): NoiseDistribution => ({
  name: 'lognormal',
  draw: (key) => Math.exp(mean + std * at(normal(key, 1), 0)),
})
