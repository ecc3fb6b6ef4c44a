/** The diffusion values that settings name, looked up in their tables. */

import { edmAugmentation, type PictureSize } from '../../augmentation/index.ts'
import { weighted } from '../../diffusion/loss/weighting.ts'
import { weightings } from '../../diffusion/loss/weightings.ts'
import { noiseDistributions } from '../../diffusion/noise/noiseDistributions.ts'
import type { Noising } from '../../diffusion/noise/noised.ts'
import type { Process } from '../../diffusion/process/process.ts'
import { processes } from '../../diffusion/process/processes.ts'
import type { Sampling } from '../../diffusion/sample.ts'
import { samplers } from '../../diffusion/sampler/samplers.ts'
import { schedules } from '../../diffusion/schedule/schedules.ts'
import type { Settings } from './options.ts'

export const processOf = ({ process, sigma_data }: Settings['training']): Process =>
  processes[process]({ sigmaData: sigma_data })

export const noisingOf = ({ noise, sigma_mean, sigma_std, label_dropout }: Settings['training']): Noising => ({
  distribution: noiseDistributions[noise]({ mean: sigma_mean, std: sigma_std }),
  labelDropout: label_dropout,
})

/** How training images are noised, and augmented if the settings say so; validation has images as they are. */
export const trainingNoisingOf = (training: Settings['training'], shape: PictureSize): Noising => {
  const { augment_probability: probability } = training
  return {
    ...noisingOf(training),
    ...(probability === 0 ? {} : { augmentation: edmAugmentation({ ...shape, probability }) }),
  }
}

/** The process with the weights that training gives to noise levels; validation has the process's own. */
export const weightedProcessOf = (training: Settings['training']): Process =>
  weighted(weightings[training.weight], {
    process: processOf(training),
    sigmaData: training.sigma_data,
    distribution: noisingOf(training).distribution,
  })

/** How images of a process are sampled. */
export const samplingOf = (
  { sampler, schedule, steps, guidance }: Omit<Settings['sampling'], 'columns'>,
  { range }: Pick<Process, 'range'>,
): Sampling => ({
  sampler: samplers[sampler],
  levels: schedules[schedule].levels(steps, range),
  guidance,
})
