/** The preset of the classifier, and how it is trained. */
import { baseSampling, baseTraining, type Recipe } from '../recipe.ts'
import { type ClassifierConfig, classifierDefaults } from './classifierConfig.ts'

export const classifierPresets = {
  classifier: classifierDefaults,
} as const satisfies Record<string, ClassifierConfig>

export const classifierRecipes: Readonly<Record<keyof typeof classifierPresets, Recipe>> = {
  classifier: {
    data: 'emoji',
    training: {
      ...baseTraining,
      batch: 32,
      micro_batch: 32,
      learning_rate: 2e-3,
      warmup_images: 2000,
      weight_decay: 0.05,
      ema_half_life: 4000,
      schedule: 'cosine',
      schedule_images: 64_000,
    },
    sampling: baseSampling,
  },
}
