/** The diffusion values that settings name, looked up in their tables. */

import type { GuidanceSchedule } from '../../diffusion/guidance/guidanceSchedule.ts'
import { guidanceSchedules } from '../../diffusion/guidance/guidanceSchedules.ts'
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

/** The process with the weights that training gives to noise levels; validation has the process's own. */
export const weightedProcessOf = (training: Settings['training']): Process =>
  weighted(weightings[training.weight], {
    process: processOf(training),
    sigmaData: training.sigma_data,
    distribution: noisingOf(training).distribution,
  })

type SamplingSettings = Omit<Settings['sampling'], 'columns'>

const guidanceScheduleOf = (sampling: SamplingSettings): GuidanceSchedule =>
  guidanceSchedules[sampling.guidance_schedule].of({
    power: sampling.guidance_power,
    low: sampling.guidance_low,
    high: sampling.guidance_high ?? Number.POSITIVE_INFINITY,
  })

/** How images of a process are sampled. */
export const samplingOf = (sampling: SamplingSettings, { range }: Pick<Process, 'range'>): Sampling => ({
  sampler: samplers[sampling.sampler],
  levels: schedules[sampling.schedule].levels(sampling.steps, range),
  guidance: sampling.guidance,
  guidanceSchedule: guidanceScheduleOf(sampling),
  guidanceChannels: sampling.guidance_channels,
})
