/**
 * The presets of the image-space model, and how each is trained.
 *
 * The paper trains its image models as EDM does (Karras et al. 2022, Table 7): its presets have those batches, rates and
 * averages, and EDM's augmentation with its label. EDM's dropout inside of the network is not there, and gradients are clipped
 * at norm 1, which EDM does not do. On two cores such a batch takes minutes.
 */
import { baseSampling, baseTraining, type Recipe, type TrainingConfig, tunedTraining } from '../recipe.ts'
import { type ImageConfig, imageDefaults } from './imageConfig.ts'

export const imagePresets = {
  /** Emoji on two slow cores. */
  emoji32: { ...imageDefaults, widths: [32, 64, 128], depths: [2, 2, 2], time_width: 128, classes: 9 },
  /** The benchmark preset. */
  'image-s': { ...imageDefaults, widths: [64, 128, 128], depths: [2, 2, 2], time_width: 256, classes: 10 },
  /** Table S.2 of the paper, four blocks per level (H.1). */
  cifar10: { ...imageDefaults, augment_labels: 9 },
  /** Table S.3 of the paper. */
  ffhq64: {
    ...imageDefaults,
    image_size: 64,
    widths: [128, 256, 256, 256],
    depths: [4, 4, 4, 4],
    window: 8,
    augment_labels: 9,
  },
  /** Three levels, as in the notebook that this project descends from; the widths are a choice. */
  'notebook-image': { ...imageDefaults, widths: [64, 128, 256], depths: [2, 2, 2], time_width: 256, classes: 10 },
} as const satisfies Record<string, ImageConfig>

/** Adam as EDM has it: a rate that warms up over ten million images, an average of half-life 500,000 images. */
const edmTraining: TrainingConfig = {
  ...baseTraining,
  warmup_images: 10_000_000,
  beta2: 0.999,
  weight_decay: 0,
}

export const imageRecipes: Readonly<Record<keyof typeof imagePresets, Recipe>> = {
  emoji32: {
    data: 'emoji',
    training: tunedTraining,
    sampling: baseSampling,
  },
  'image-s': {
    data: 'emoji',
    training: { ...baseTraining, batch: 16, micro_batch: 16, learning_rate: 7e-4 },
    sampling: baseSampling,
  },
  cifar10: {
    data: 'cifar10:data/cifar-10-batches-bin',
    training: { ...edmTraining, batch: 512, micro_batch: 16, learning_rate: 1e-3, augment_probability: 0.12 },
    sampling: { ...baseSampling, guidance: 1 },
  },
  ffhq64: {
    data: null,
    training: { ...edmTraining, batch: 256, micro_batch: 4, learning_rate: 2e-4, augment_probability: 0.15 },
    sampling: { ...baseSampling, steps: 40, guidance: 1 },
  },
  'notebook-image': {
    data: 'cifar10:data/cifar-10-batches-bin',
    // Adam as PyTorch has it, 200 epochs are 625,000 steps; the warm-up, the clipping and the average are ours
    training: {
      ...baseTraining,
      batch: 16,
      micro_batch: 16,
      loss: 'smooth_l1',
      beta2: 0.999,
      weight_decay: 0,
      process: 'discrete',
      beta_schedule: 'linear',
      timesteps: 1000,
      prediction: 'epsilon',
      noise: 'timesteps',
    },
    sampling: { sampler: 'ddpm', schedule: 'leading', steps: 250, guidance: 3.8, columns: 8 },
  },
}
