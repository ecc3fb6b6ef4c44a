/** Who is compared in time to quality: ours and PyTorch, each by three recipes for the model of the preset emoji32. */
import { edmNoise } from '../../src/diffusion/noise/lognormal.ts'
import { baseTraining, type TrainingConfig } from '../../src/models/recipe.ts'
import { tiny } from '../configs.ts'

/** What a recipe changes of the preset's settings. */
interface Recipe {
  readonly about: string
  readonly training: Partial<TrainingConfig>
}

export const recipes = {
  default: { about: 'the recipe of the preset emoji32', training: {} },
  edm: {
    about: "the recipe of emoji32 at EDM's noise levels, ln sigma ~ N(-1.2, 1.2^2)",
    training: { sigma_mean: edmNoise.mean, sigma_std: edmNoise.std },
  },
  old: {
    about: "AdamW 1e-3, EDM's noise levels, a rate that stays, batch 16",
    training: {
      ...baseTraining,
      batch: 16,
      micro_batch: 16,
      warmup_images: 1000,
      optimiser: 'adamw',
      schedule: 'constant',
      cooldown: 0,
      block_gain: 1,
      unit_tokens: false,
    },
  },
} as const satisfies Readonly<Record<string, Recipe>>
export type RecipeName = keyof typeof recipes

export interface Contestant {
  readonly name: string
  readonly by: 'diffit' | 'PyTorch'
  readonly recipe: RecipeName
}

const recipeNames = ['default', 'edm', 'old'] as const

export const contestants: readonly Contestant[] = (['diffit', 'PyTorch'] as const).flatMap((by) =>
  recipeNames.map((recipe): Contestant => ({ name: `${by.toLowerCase()}-${recipe}`, by, recipe })),
)

/** The settings of a contestant as those of a file; nothing but steps costs time, and validation is done by the benchmark. */
export const settingsText = ({ recipe }: Pick<Contestant, 'recipe'>, smoke: boolean): string => {
  const never = 1e9
  const { training } = recipes[recipe]
  return `${JSON.stringify({
    preset: 'emoji32',
    ...(smoke ? { model: { ...tiny.image, classes: 9 } } : {}),
    training,
    cadence: { save_seconds: 120, validation_seconds: never, grid_seconds: never },
  })}\n`
}
