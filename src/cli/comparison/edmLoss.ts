/**
 * One loss for all settings: EDM's weights and noise levels (Karras et al. 2022, Table 1), ln sigma ~ N(-1.2, 1.2^2), the
 * squared error of the denoised image weighted by 1 / cOut^2 at sigma_data 0.5, whatever process, weights and noise levels a
 * setting was trained with.
 */

import { mse } from '../../diffusion/loss/mse.ts'
import type { CompiledNetwork, StopCheck } from '../../diffusion/network.ts'
import type { NoisedImage } from '../../diffusion/noise/noised.ts'
import { edm } from '../../diffusion/process/edm.ts'
import type { Process } from '../../diffusion/process/process.ts'
import { meanLoss } from '../../diffusion/validation.ts'

const { denoised: reference } = edm(0.5)

/** A process whose squared error of F counts as EDM counts that of the denoised image D = skip x + out F. */
export const weighedAsEdm = (process: Process): Process => ({
  ...process,
  weight: (sigma) => (process.denoised(sigma).out / reference(sigma).out) ** 2,
})

export const edmLoss = (
  network: CompiledNetwork,
  images: readonly NoisedImage[],
  stopCheck?: StopCheck,
): Promise<number> => meanLoss({ ...network, process: weighedAsEdm(network.process) }, mse, stopCheck)(images)
