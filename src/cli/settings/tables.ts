/** The diffusion values that settings name, looked up in their tables. */
import { noiseDistributions } from '../../diffusion/noiseDistributions.ts'
import type { Noising } from '../../diffusion/noised.ts'
import type { Process } from '../../diffusion/process.ts'
import { processes } from '../../diffusion/processes.ts'
import type { Sampling } from '../../diffusion/sample.ts'
import { samplers } from '../../diffusion/samplers.ts'
import { edmRange } from '../../diffusion/schedule.ts'
import { schedules } from '../../diffusion/schedules.ts'
import { weighted } from '../../diffusion/weighting.ts'
import { weightings } from '../../diffusion/weightings.ts'
import type { Settings } from './options.ts'

export const processOf = ({ process, sigma_data }: Settings['training']): Process => processes[process](sigma_data)

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

export const samplingOf = ({
  sampler,
  schedule,
  steps,
  guidance,
}: Omit<Settings['sampling'], 'columns'>): Sampling => ({
  sampler: samplers[sampler],
  levels: schedules[schedule].levels(steps, edmRange),
  guidance,
})
