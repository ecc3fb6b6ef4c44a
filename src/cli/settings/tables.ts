/** The diffusion values that settings name, looked up in their tables. */

import { weighted } from '../../diffusion/loss/weighting.ts'
import { weightings } from '../../diffusion/loss/weightings.ts'
import { noiseDistributions } from '../../diffusion/noise/noiseDistributions.ts'
import type { Noising } from '../../diffusion/noise/noised.ts'
import type { Process } from '../../diffusion/process/process.ts'
import type { Sampling } from '../../diffusion/sample.ts'
import { samplers } from '../../diffusion/sampler/samplers.ts'
import { schedules } from '../../diffusion/schedule/schedules.ts'
import type { Settings } from './options.ts'
import { processOf } from './process.ts'

export { processOf } from './process.ts'

type Training = Settings['training']

export const noisingOf = (training: Training): Noising => {
  const { noise, sigma_mean, sigma_std, label_dropout } = training
  return {
    distribution: noiseDistributions[noise]({ mean: sigma_mean, std: sigma_std }, processOf(training)),
    labelDropout: label_dropout,
  }
}

/** The process with the weights that training gives to noise levels; validation has the process's own. */
export const weightedProcessOf = (training: Training): Process =>
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

/**
 * The steps of a picture that may have fewer than a run's sampling: the most, up to these, that its schedule has. One step
 * is always there.
 */
export const fewerSteps = (
  { schedule }: Pick<Settings['sampling'], 'schedule'>,
  { range }: Pick<Process, 'range'>,
  steps: number,
): number => {
  let fewer = steps
  while (fewer > 1 && schedules[schedule].refusal(fewer, range) !== null) fewer -= 1
  return fewer
}
