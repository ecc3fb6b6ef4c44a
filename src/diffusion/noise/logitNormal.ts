/**
 * The times of rectified flow in training as Stable Diffusion 3 draws them (Esser et al. 2024, section 3.1): t is the sigmoid of a
 * normal number. In EDM's frame sigma = t / (1 - t), so ln sigma = logit t is normal: it is `lognormal` with the same mean and
 * deviation, which are those of the logit of t. Stable Diffusion 3 has mean 0 and deviation 1.
 */
import { lognormal } from './lognormal.ts'
import type { LogNoise, NoiseDistribution } from './noiseDistribution.ts'

/** Times t = sigmoid(N(mean, std^2)) (Esser et al. 2024), as noise levels t / (1 - t). */
export const logitNormal = (logNoise: LogNoise): NoiseDistribution => ({
  ...lognormal(logNoise),
  name: 'logit_normal',
})
