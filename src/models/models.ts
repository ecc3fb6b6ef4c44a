/** The table of models: the one place that lists them. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { shown, wrong } from '../codec/codecs.ts'
import { suggestion } from '../codec/nearest.ts'
import { classifier } from './classifier/classifier.ts'
import { image } from './image/image.ts'
import { kl } from './kl/kl.ts'
import { latent } from './latent/latent.ts'
import type { ConfiguredModel, ConfiguredModelOf, Model, ModelConfig } from './model.ts'
import type { Recipe } from './recipe.ts'

/**
 * The first is what a configuration without `model` is of: files of the reference may leave it out. The first preset that
 * can be trained is the command line's default.
 */
export type Models = readonly [Model, ...Model[]]

/** The table of models. */
export const models: Models = [image, latent, classifier, kl]

/** A model's configuration by name, and how it is trained; or why it cannot be. */
export interface Preset {
  readonly config: ModelConfig
  readonly recipe: E.Either<string, Recipe>
}

const recipeOf = ({ recipes }: Model, preset: string): E.Either<string, Recipe> =>
  E.chain((all: Readonly<Record<string, Recipe>>) => E.fromNullable(`${preset} has no recipe`)(all[preset]))(recipes)

/** The presets of all models of a table. */
export const presetsOf = (table: readonly Model[]): ReadonlyMap<string, Preset> =>
  new Map(
    table.flatMap((model) =>
      Object.entries(model.presets).map(([name, config]) => [name, { config, recipe: recipeOf(model, name) }] as const),
    ),
  )

/** A preset's model; for an unknown name the error suggests the nearest. */
export const preset = (name: string, table: Models = models): E.Either<string, ConfiguredModel> => {
  const all = presetsOf(table)
  const found = all.get(name)
  return found === undefined
    ? E.left(`unknown preset "${name}": ${suggestion(name, [...all.keys()])}`)
    : decodeModel(found.config, table)
}

/**
 * The model of a configuration in the reference's format: `model` says which, and fields that it leaves out take that
 * model's defaults. The error is one sentence: the field, its value and what was expected.
 */
export const decodeModel = (raw: unknown, table: Models = models): E.Either<string, ConfiguredModel> => {
  const name = t.UnknownRecord.is(raw) && raw.model !== undefined ? raw.model : table[0].name
  const found = table.find((model) => model.name === name)
  if (found !== undefined) return found.decode(raw)
  const names = table.map((model) => model.name)
  return E.left(
    typeof name === 'string'
      ? `model is ${shown(name)}: ${suggestion(name, names)}`
      : wrong('model', name, `one of ${names.join(', ')}`),
  )
}

/** A model if it is a denoiser, which diffusion trains and samples; the error is one sentence. */
export const denoiserOf = (model: ConfiguredModel): E.Either<string, ConfiguredModelOf<'denoising'>> =>
  model.objective === 'denoising'
    ? E.right(model)
    : E.left(`model is ${shown(model.config.model)}, which is trained by ${model.objective}: expected a denoiser`)

/** A model if it is an autoencoder; the error is one sentence. */
export const autoencoderOf = (model: ConfiguredModel): E.Either<string, ConfiguredModelOf<'reconstruction'>> =>
  model.objective === 'reconstruction'
    ? E.right(model)
    : E.left(`model is ${shown(model.config.model)}, which is trained by ${model.objective}: expected an autoencoder`)

/** The denoiser of a configuration, as `decodeModel`; the error is one sentence where the model is none. */
export const decodeDenoiser = (
  raw: unknown,
  table: Models = models,
): E.Either<string, ConfiguredModelOf<'denoising'>> => E.chain(denoiserOf)(decodeModel(raw, table))
