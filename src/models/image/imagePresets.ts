/**
 * The presets of the image-space model, and how each is trained.
 *
 * EDM trains CIFAR-10 with batches of 512 at 1e-3 and FFHQ with 256 at 2e-4; on two cores those take minutes per step, so
 * the paper's presets use smaller batches and learning rates.
 */
import { baseSampling, baseTraining, type Recipe, tunedTraining } from '../recipe.ts'
import { type ImageConfig, imageDefaults } from './imageConfig.ts'

export const imagePresets = {
  /** Emoji on two slow cores. */
  emoji32: { ...imageDefaults, widths: [32, 64, 128], depths: [2, 2, 2], time_width: 128, classes: 9 },
  /** The benchmark preset. */
  'image-s': { ...imageDefaults, widths: [64, 128, 128], depths: [2, 2, 2], time_width: 256, classes: 10 },
  /** Table S.2 of the paper, four blocks per level (H.1). */
  cifar10: imageDefaults,
  /** Table S.3 of the paper. */
  ffhq64: { ...imageDefaults, image_size: 64, widths: [128, 256, 256, 256], depths: [4, 4, 4, 4], window: 8 },
} as const satisfies Record<string, ImageConfig>

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
    training: { ...baseTraining, batch: 64, micro_batch: 16, learning_rate: 4e-4, warmup_images: 50_000 },
    sampling: { ...baseSampling, guidance: 1 },
  },
  ffhq64: {
    data: null,
    training: { ...baseTraining, batch: 32, micro_batch: 4, learning_rate: 1e-4, warmup_images: 50_000 },
    sampling: { ...baseSampling, steps: 40, guidance: 1 },
  },
}
