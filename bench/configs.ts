/** The benchmark configurations, in the reference's format. */
const image = { model: 'image', image_size: 32, window: 4, heads: 4 }
const latent = { model: 'latent', input_size: 16, channels: 4, patch: 2, classes: 10, learn_sigma: false }

export const configs = {
  'image-s': { ...image, widths: [64, 128, 128], depths: [2, 2, 2], time_width: 256, classes: 10 },
  'latent-s': { ...latent, width: 192, depth: 6, heads: 6 },
  emoji32: { ...image, widths: [32, 64, 128], depths: [2, 2, 2], time_width: 128, classes: 9 },
} as const

/** Smaller still, to check that a step runs. */
export const tiny = {
  image: { ...image, image_size: 8, widths: [8, 8], depths: [1, 1], time_width: 16, classes: 3 },
  latent: { ...latent, input_size: 8, width: 16, depth: 1, heads: 2 },
} as const
