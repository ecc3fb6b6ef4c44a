/**
 * Training recipes of the presets. Schedules count images, never steps or minutes, so the start of a run does not depend
 * on its planned length.
 *
 * EDM trains CIFAR-10 with batches of 512 at 1e-3 and FFHQ with 256 at 2e-4; on two cores those take minutes per step, so
 * the paper's presets use smaller batches and learning rates.
 */
import type { ImagePresetName } from '../diffit/config.ts'
import { edmNoise } from '../diffusion/lognormal.ts'
import type { LossName } from '../diffusion/losses.ts'

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
}

export interface SamplingConfig {
  readonly steps: number
  readonly guidance: number
  /** Maximum images per class in a grid. */
  readonly columns: number
}

const base: TrainingConfig = {
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

export interface Recipe {
  /** The value of `--data`; null if the preset has no default data. */
  readonly data: string | null
  readonly training: TrainingConfig
  readonly sampling: SamplingConfig
}

const sampling: SamplingConfig = { steps: 18, guidance: 2, columns: 8 }

export const recipes = {
  // small batches: with few images and two cores, more steps learn more than less noisy ones
  emoji32: {
    data: 'emoji',
    training: { ...base, batch: 16, micro_batch: 16, warmup_images: 1000 },
    sampling,
  },
  'image-s': { data: 'emoji', training: { ...base, batch: 16, micro_batch: 16, learning_rate: 7e-4 }, sampling },
  cifar10: {
    data: 'cifar10:data/cifar-10-batches-bin',
    training: { ...base, batch: 64, micro_batch: 16, learning_rate: 4e-4, warmup_images: 50_000 },
    sampling: { ...sampling, guidance: 1 },
  },
  ffhq64: {
    data: null,
    training: { ...base, batch: 32, micro_batch: 4, learning_rate: 1e-4, warmup_images: 50_000 },
    sampling: { ...sampling, steps: 40, guidance: 1 },
  },
} as const satisfies Readonly<Record<ImagePresetName, Recipe>>
