/**
 * EDM's weight (Karras et al. 2022, Eq. 8 and Table 1) for any process: the squared error of the denoised image D counts
 * lambda(sigma) = (sigma^2 + sd^2) / (sigma sd)^2. Because the error of D = skip x + out F is out times that of F, the factor of F's
 * is lambda out^2. For EDM it is 1, its own weight. It is not divided by a mean: for noise prediction, where out = -sigma, it is
 * 1 + (sigma / sd)^2, which at the last timesteps of a cosine schedule is 10^9.
 */
import type { Weighting } from './weighting.ts'

/** EDM's lambda of the squared error of D (Karras et al. 2022). */
export const edmWeight: Weighting = {
  name: 'edm',
  help: "EDM's of the squared error of the clean image",
  factor:
    ({ process, sigmaData }) =>
    (sigma) =>
      (sigma ** 2 + sigmaData ** 2) * (process.denoised(sigma).out / (sigma * sigmaData)) ** 2,
}
