/** The options whose values come from the tables of models and of data sets: `preset`, `model` and `data`. */
import * as E from 'fp-ts/lib/Either.js'
import { named } from '../../codec/codecs.ts'
import { suggestion } from '../../codec/nearest.ts'
import { variants } from '../../codec/variants.ts'
import { type DataKind, usageOf } from '../../data/kinds.ts'
import type { ModelConfig } from '../../models/model.ts'
import { type Models, presetsOf } from '../../models/models.ts'
import type { Recipe } from '../../models/recipe.ts'
import { option } from './option.ts'

/** What a user chooses from. */
export interface Tables {
  readonly models: Models
  readonly kinds: readonly DataKind[]
}

/** A preset that can be trained. */
export interface TrainedPreset {
  readonly config: ModelConfig
  readonly recipe: Recipe
}

/** The models that can be trained, why the others cannot, and the presets of either. */
const trainable = (table: Models) => {
  const presets = [...presetsOf(table)]
  return {
    trained: presets.flatMap(([name, { config, recipe }]) =>
      E.isRight(recipe) ? [[name, { config, recipe: recipe.right }] as const] : [],
    ),
    presetRefused: new Map(presets.flatMap(([name, { recipe }]) => (E.isLeft(recipe) ? [[name, recipe.left]] : []))),
    fields: Object.fromEntries(table.flatMap((m) => (E.isRight(m.recipes) ? [[m.name, m.fields]] : []))),
    modelRefused: new Map(table.flatMap((m) => (E.isLeft(m.recipes) ? [[m.name, m.recipes.left]] : []))),
  }
}

/** The presets that can be trained, by name. */
export const trainedPresets = (table: Models): ReadonlyMap<string, TrainedPreset> => new Map(trainable(table).trained)

/** `a, b or c` */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.slice(-1).join()}`

/** The rows that follow from the tables, in the order of config.yaml. */
export const tableOptions = ({ models, kinds }: Tables) => {
  const { trained, presetRefused, fields, modelRefused } = trainable(models)
  const names = trained.map(([name]) => name)
  const why = (refused: string | undefined, known: readonly string[]): string | undefined =>
    refused === undefined ? undefined : `${refused}: expected one of ${known.join(', ')}`
  const presetName = named(
    `one of ${names.join(', ')}`,
    (u): u is string => typeof u === 'string' && names.includes(u),
    (u) => (typeof u === 'string' ? (why(presetRefused.get(u), names) ?? suggestion(u, names)) : undefined),
  )
  /** Empty for a preset without data. */
  const dataName = named(listed(kinds.map(usageOf)), (u): u is string => typeof u === 'string')
  return {
    preset: option(presetName, {
      help: `model and recipe: ${names.join(', ')} (default: ${names[0]})`,
      flag: '--preset <name>',
      of: ['train'],
      mayChange: false,
    }),
    model: option(
      variants('model', fields, (name) => why(modelRefused.get(name), Object.keys(fields))),
      { help: "the model's architecture", mayChange: false },
    ),
    data: option(dataName, {
      help: `${kinds.map((kind) => `${usageOf(kind)} (${kind.help})`).join(', ')} (default: the preset's)`,
      flag: '--data <what>',
      of: ['train'],
      // the path may change; the content is checked by its fingerprint
      mayChange: true,
    }),
  }
}
