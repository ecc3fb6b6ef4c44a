/**
 * The presets of the latent-space model, and how each is trained: on latents of unit variance, so that `sigma_data` is 1.
 *
 * The paper trains its latent models as DiT does: the discrete process with linear betas, the noise is predicted, the variance is
 * learned with the hybrid loss, AdamW at 3e-4 with batches of 256, an average of decay 0.9999, 250 steps of DDPM (arXiv 2312.02139,
 * appendix I.2). Its guidance is 4.6 with a power-cosine schedule at 256 x 256, a constant 1.49 at 512 x 512.
 */
import { baseSampling, baseTraining, type Recipe, type TrainingConfig, tunedTraining } from '../recipe.ts'
import { type LatentConfig, latentDefaults } from './latentConfig.ts'

const small: LatentConfig = {
  ...latentDefaults,
  input_size: 16,
  width: 192,
  depth: 6,
  heads: 6,
  classes: 10,
  learn_sigma: false,
}

export const latentPresets = {
  /** For two cores: latents of 16 x 16, 64 tokens, 3.4 M parameters. */
  'latent-tiny': small,
  /** The benchmark preset: the same, trained as plainly as can be. */
  'latent-s': small,
  /** The paper's, for ImageNet at 256 x 256: 561,035,232 parameters, those of 28 blocks; it speaks of 30 (`depth: 30`). */
  'diffit-xl-256': latentDefaults,
  /** The paper's, for ImageNet at 512 x 512: latents of 64 x 64. */
  'diffit-xl-512': { ...latentDefaults, input_size: 64 },
  /** The same as `diffit-xl-256`, by its earlier name. */
  'latent-xl': latentDefaults,
} as const satisfies Record<string, LatentConfig>

const paperTraining: TrainingConfig = {
  ...baseTraining,
  batch: 256,
  micro_batch: 1,
  learning_rate: 3e-4,
  warmup_images: 0,
  beta2: 0.999,
  weight_decay: 0,
  // 0.9999 an update of 256 images
  ema_half_life: 1_774_000,
  sigma_data: 1,
  process: 'discrete',
  beta_schedule: 'linear',
  timesteps: 1000,
  prediction: 'epsilon',
  noise: 'timesteps',
}

const paper = (guidance: Pick<Recipe['sampling'], 'guidance' | 'guidance_schedule'>): Recipe => ({
  data: null,
  training: paperTraining,
  sampling: { ...baseSampling, sampler: 'ddpm', schedule: 'adm', steps: 250, columns: 2, ...guidance },
})

const at256 = paper({ guidance: 4.6, guidance_schedule: 'power_cosine' })

export const latentRecipes: Readonly<Record<keyof typeof latentPresets, Recipe>> = {
  'latent-tiny': {
    data: 'emoji',
    training: { ...tunedTraining, sigma_data: 1 },
    sampling: baseSampling,
  },
  'latent-s': {
    data: 'emoji',
    training: { ...baseTraining, batch: 16, micro_batch: 16, sigma_data: 1 },
    sampling: baseSampling,
  },
  'diffit-xl-256': at256,
  'diffit-xl-512': paper({ guidance: 1.49 }),
  'latent-xl': at256,
}
