/**
 * How a preset is trained and sampled. Schedules count images, never steps or minutes, so the start of a run does not depend
 * on its planned length.
 */

import type { GuidanceScheduleName } from '../diffusion/guidance/guidanceSchedules.ts'
import type { LossName } from '../diffusion/loss/losses.ts'
import type { WeightingName } from '../diffusion/loss/weightings.ts'
import { edmNoise } from '../diffusion/noise/lognormal.ts'
import type { NoiseDistributionName } from '../diffusion/noise/noiseDistributions.ts'
import type { BetaScheduleName } from '../diffusion/process/betas/betaSchedules.ts'
import type { PredictionName } from '../diffusion/process/prediction/predictions.ts'
import type { ProcessName } from '../diffusion/process/processes.ts'
import type { SamplerName } from '../diffusion/sampler/samplers.ts'
import type { ScheduleName } from '../diffusion/schedule/schedules.ts'
import type { OptimiserName } from '../train/optimisers.ts'
import type { RateScheduleName } from '../train/schedules.ts'

/** How a preset is trained, as in the section `training` of config.yaml: docs/training.md describes each field. */
export interface TrainingConfig {
  readonly batch: number
  /** Images per micro-batch, if a batch is too large for memory; divides `batch`. */
  readonly micro_batch: number
  readonly loss: LossName
  readonly learning_rate: number
  readonly warmup_images: number
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  readonly weight_decay: number
  readonly clip: number
  readonly ema_half_life: number
  readonly ema_ramp: number
  readonly label_dropout: number
  readonly sigma_data: number
  readonly sigma_mean: number
  readonly sigma_std: number
  /** What a recipe leaves out has the default of its setting. */
  readonly process?: ProcessName
  readonly beta_schedule?: BetaScheduleName
  readonly timesteps?: number
  readonly prediction?: PredictionName
  readonly noise?: NoiseDistributionName
  readonly weight?: WeightingName
  readonly augment_probability?: number
  readonly block_gain?: number
  readonly unit_tokens?: boolean
  readonly optimiser?: OptimiserName
  readonly matrix_learning_rate?: number
  readonly schedule?: RateScheduleName
  /** The images of the whole run, if the schedule has an end. */
  readonly schedule_images?: number
  readonly decay_images?: number
  readonly cooldown?: number
}

/** How a run is sampled: steps, guidance scale (1 is none), and the size of grids. */
export interface SamplingConfig {
  /** What a recipe leaves out has the default of its setting. */
  readonly sampler?: SamplerName
  readonly schedule?: ScheduleName
  readonly guidance_schedule?: GuidanceScheduleName
  readonly steps: number
  readonly guidance: number
  /** Maximum images per class in a grid. */
  readonly columns: number
}

/** How a preset is trained and sampled, and on which data. */
export interface Recipe {
  /** The value of `--data`; null if the preset has no default data. */
  readonly data: string | null
  readonly training: TrainingConfig
  readonly sampling: SamplingConfig
}

/** What recipes have in common unless they say otherwise. */
export const baseTraining: TrainingConfig = {
  batch: 32,
  micro_batch: 32,
  loss: 'mse',
  learning_rate: 1e-3,
  warmup_images: 4000,
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-8,
  weight_decay: 0.01,
  clip: 1,
  ema_half_life: 500_000,
  ema_ramp: 0.05,
  label_dropout: 0.1,
  sigma_data: 0.5,
  sigma_mean: edmNoise.mean,
  sigma_std: edmNoise.std,
}

/** How recipes sample unless they say otherwise. */
export const baseSampling: SamplingConfig = { steps: 18, guidance: 2, columns: 8 }

/**
 * What gave the best pictures for the time, at 32 x 32 on a few thousand images (docs/recipes.md): Muon, levels of more noise
 * than EDM's, blocks that start near the identity, tokens of unit size, and a rate that falls.
 */
export const tunedTraining: TrainingConfig = {
  ...baseTraining,
  batch: 16,
  micro_batch: 16,
  optimiser: 'muon',
  matrix_learning_rate: 0.005,
  learning_rate: 2e-3,
  schedule: 'inverse_sqrt',
  decay_images: 20_000,
  cooldown: 0.3,
  warmup_images: 1000,
  block_gain: 0.2,
  unit_tokens: true,
  sigma_mean: -0.4,
  sigma_std: 1,
}
