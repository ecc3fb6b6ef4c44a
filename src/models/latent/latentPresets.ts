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
  /** The paper's, for ImageNet at 256 x 256: 561 M parameters. */
  'latent-xl': latentDefaults,
} as const satisfies Record<string, LatentConfig>
