/** The diffusion process that settings of training name. */
import { type BetaScheduleName, betaSchedules } from '../../diffusion/process/betas/betaSchedules.ts'
import { type PredictionName, predictions } from '../../diffusion/process/prediction/predictions.ts'
import type { Process } from '../../diffusion/process/process.ts'
import { type ProcessName, processes } from '../../diffusion/process/processes.ts'

/** The settings of training that make a process. */
export interface ProcessNames {
  readonly process: ProcessName
  readonly sigma_data: number
  readonly beta_schedule: BetaScheduleName
  readonly timesteps: number
  readonly prediction: PredictionName
}

export const processOf = ({ process, sigma_data, beta_schedule, timesteps, prediction }: ProcessNames): Process =>
  processes[process]({
    sigmaData: sigma_data,
    betas: betaSchedules[beta_schedule],
    timesteps,
    prediction: predictions[prediction],
  })
