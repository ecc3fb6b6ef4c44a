/** The diffusion values that settings name, looked up in their tables. */

import { edmAugmentation, type PictureSize } from '../../augmentation/index.ts'
import type { GuidanceSchedule } from '../../diffusion/guidance/guidanceSchedule.ts'
import { guidanceSchedules } from '../../diffusion/guidance/guidanceSchedules.ts'
import { weighted } from '../../diffusion/loss/weighting.ts'
import { weightings } from '../../diffusion/loss/weightings.ts'
import { noiseDistributions } from '../../diffusion/noise/noiseDistributions.ts'
import type { Noising } from '../../diffusion/noise/noised.ts'
import type { Process } from '../../diffusion/process/process.ts'
import type { Sampling } from '../../diffusion/sample.ts'
import { clipped, type Estimate, thresholded } from '../../diffusion/sampler/estimate.ts'
import type { Sampler } from '../../diffusion/sampler/sampler.ts'
import { defaultSamplerOptions } from '../../diffusion/sampler/samplerOptions.ts'
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

/** How training images are noised, and augmented if the settings say so; validation has images as they are. */
export const trainingNoisingOf = (training: Settings['training'], shape: PictureSize): Noising => {
  const { augment_probability: probability } = training
  return {
    ...noisingOf(training),
    ...(probability === 0 ? {} : { augmentation: edmAugmentation({ ...shape, probability }) }),
  }
}

/** The process with the weights that training gives to noise levels; validation has the process's own. */
export const weightedProcessOf = (training: Training): Process =>
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

/** The sampler with its options. On the command line levels end at 0, where the last step is of first order anyway. */
export const samplerOf = (s: SamplingSettings): Sampler =>
  samplers[s.sampler].of({
    eta: s.eta,
    useClippedModelOutput: s.use_clipped_model_output,
    churn: {
      sChurn: s.s_churn,
      sTmin: s.s_tmin,
      sTmax: s.s_tmax === null ? Number.POSITIVE_INFINITY : s.s_tmax,
      sNoise: s.s_noise,
    },
    variance: s.variance,
    solverType: s.solver_type,
    lowerOrderFinal: defaultSamplerOptions.lowerOrderFinal,
  })

/** Thresholding takes the place of clipping, as in diffusers. */
const estimateOf = ({ clip, threshold, threshold_max: max }: SamplingSettings): Estimate | null => {
  if (threshold === null) return clip ? clipped : null
  return thresholded({ percentile: threshold, max: max === null ? Number.POSITIVE_INFINITY : max })
}

/** How images of a process are sampled. */
export const samplingOf = (settings: SamplingSettings, { range }: Pick<Process, 'range'>): Sampling => {
  const estimate = estimateOf(settings)
  return {
    sampler: samplerOf(settings),
    levels: schedules[settings.schedule].levels(settings.steps, range),
    guidance: settings.guidance,
    guidanceSchedule: guidanceScheduleOf(settings),
    guidanceChannels: settings.guidance_channels,
    ...(estimate === null ? {} : { estimate }),
  }
}

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
