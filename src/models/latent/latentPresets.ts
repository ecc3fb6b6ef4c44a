/** The presets of the latent-space model. */
import { type LatentConfig, latentDefaults } from './latentConfig.ts'

export const latentPresets = {
  /** The benchmark preset: latents of 16 x 16. */
  'latent-s': {
    ...latentDefaults,
    input_size: 16,
    width: 192,
    depth: 6,
    heads: 6,
    classes: 10,
    learn_sigma: false,
  },
  /** The paper's, for ImageNet at 256 x 256: 561,035,232 parameters, those of 28 blocks; it speaks of 30 (`depth: 30`). */
  'diffit-xl-256': latentDefaults,
  /** The paper's, for ImageNet at 512 x 512: latents of 64 x 64. */
  'diffit-xl-512': { ...latentDefaults, input_size: 64 },
  /** The same as `diffit-xl-256`, by its earlier name. */
  'latent-xl': latentDefaults,
} as const satisfies Record<string, LatentConfig>
