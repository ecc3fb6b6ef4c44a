/**
 * One loss for all settings: EDM's weights and noise levels (Karras et al. 2022, Table 1), ln sigma ~ N(-1.2, 1.2^2), the
 * squared error of the denoised image weighted by 1 / cOut^2 at sigma_data 0.5, whatever process, weights and noise levels a
 * setting was trained with. The images and their noise are the same for every setting and seed.
 */
import type { Dataset } from '../../data/dataset.ts'
import { edm } from '../../diffusion/edm.ts'
import { edmNoise, lognormal } from '../../diffusion/lognormal.ts'
import { mse } from '../../diffusion/mse.ts'
import type { CompiledNetwork, StopCheck } from '../../diffusion/network.ts'
import type { NoisedImage } from '../../diffusion/noised.ts'
import type { Process } from '../../diffusion/process.ts'
import { meanLoss } from '../../diffusion/validation.ts'
import { validationOf } from '../data.ts'
import { keysOf } from '../keys.ts'

/** Held-out images, at most. */
export const mostImages = 256
const { denoised: reference } = edm(0.5)

/** A process whose squared error of F counts as EDM counts that of the denoised image D = skip x + out F. */
export const weighedAsEdm = (process: Process): Process => ({
  ...process,
  weight: (sigma) => (process.denoised(sigma).out / reference(sigma).out) ** 2,
})

/** Every comparison's: the key is that of seed 0. */
export const edmImages = (dataset: Dataset): readonly NoisedImage[] =>
  validationOf(dataset, mostImages, { distribution: lognormal(edmNoise), labelDropout: 0 }, keysOf(0).validation)

export const edmLoss = (
  network: CompiledNetwork,
  images: readonly NoisedImage[],
  stopCheck?: StopCheck,
): Promise<number> => meanLoss({ ...network, process: weighedAsEdm(network.process) }, mse, stopCheck)(images)
