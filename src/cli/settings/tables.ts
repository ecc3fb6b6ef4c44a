/** The diffusion values that settings name, looked up in their tables. */

import { at } from '../../codec/merged.ts'
import { weighted } from '../../diffusion/loss/weighting.ts'
import { weightings } from '../../diffusion/loss/weightings.ts'
import { noiseDistributions } from '../../diffusion/noise/noiseDistributions.ts'
import type { Noising } from '../../diffusion/noise/noised.ts'
import type { Process } from '../../diffusion/process/process.ts'
import { processes } from '../../diffusion/process/processes.ts'
import type { Sampling } from '../../diffusion/sample.ts'
import { clipped, type Estimate, thresholded } from '../../diffusion/sampler/estimate.ts'
import type { Sampler } from '../../diffusion/sampler/sampler.ts'
import { defaultSamplerOptions } from '../../diffusion/sampler/samplerOptions.ts'
import { samplers } from '../../diffusion/sampler/samplers.ts'
import { schedules } from '../../diffusion/schedule/schedules.ts'
import type { Settings } from './options.ts'
import { samplerRows } from './samplerOptions.ts'

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

/** The sampler with its options. On the command line levels end at 0, where the last step is of first order anyway. */
export const samplerOf = (s: SamplingSettings): Sampler =>
  samplers[s.sampler]({
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
  const { schedule, steps, guidance } = settings
  const estimate = estimateOf(settings)
  return {
    sampler: samplerOf(settings),
    levels: schedules[schedule].levels(steps, range),
    guidance,
    ...(estimate === null ? {} : { estimate }),
  }
}

/** The sampler in words, with those of its options that are not the usual ones: `ddim, eta 1`. */
export const samplerText = (settings: SamplingSettings): string => {
  const said = Object.entries(samplerRows).flatMap(([name, { about }]) => {
    const value = at(settings, [name])
    if (value === about.default) return []
    return [value === true ? name : `${name} ${String(value)}`]
  })
  return [settings.sampler, ...said].join(', ')
}
