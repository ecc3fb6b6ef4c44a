/** The presets of the KL autoencoder, and how the one for two cores is trained. */
import { baseSampling, baseTraining, type Recipe } from '../recipe.ts'
import { type KLConfig, klDefaults } from './klConfig.ts'

export const klPresets = {
  /** 64 x 64 x 3 -> 16 x 16 x 4, for two cores. */
  'kl-tiny': { ...klDefaults, image_size: 64, widths: [16, 32, 64], blocks: 1, groups: 8 },
  /** Latent diffusion's f4, 256 x 256 x 3 -> 64 x 64 x 3. */
  'kl-64x64x3': { ...klDefaults, latent_channels: 3, widths: [128, 256, 512] },
  /** Latent diffusion's f8 and Stable Diffusion's, 256 x 256 x 3 -> 32 x 32 x 4. */
  'kl-f8': klDefaults,
  /** Latent diffusion's f16, 256 x 256 x 3 -> 16 x 16 x 16. */
  'kl-16x16x16': {
    ...klDefaults,
    latent_channels: 16,
    widths: [128, 128, 256, 256, 512],
    attention_resolutions: [16],
  },
  /** Latent diffusion's f32, 256 x 256 x 3 -> 8 x 8 x 64. */
  'kl-8x8x64': {
    ...klDefaults,
    latent_channels: 64,
    widths: [128, 128, 256, 256, 512, 512],
    attention_resolutions: [16, 8],
  },
} as const satisfies Record<string, KLConfig>

/** Latent diffusion's autoencoders, trained without their perceptual and adversarial terms. */
const large: Recipe = {
  data: null,
  training: { ...baseTraining, batch: 8, micro_batch: 1, learning_rate: 1e-4 },
  sampling: baseSampling,
}

export const klRecipes: Readonly<Record<keyof typeof klPresets, Recipe>> = {
  'kl-tiny': {
    data: 'emoji',
    training: {
      ...baseTraining,
      batch: 8,
      micro_batch: 8,
      optimiser: 'muon',
      matrix_learning_rate: 0.01,
      learning_rate: 2e-3,
      warmup_images: 500,
      ema_half_life: 2000,
      schedule: 'inverse_sqrt',
      decay_images: 20_000,
      cooldown: 0.4,
    },
    sampling: baseSampling,
  },
  'kl-64x64x3': large,
  'kl-f8': large,
  'kl-16x16x16': large,
  'kl-8x8x64': large,
}
