/**
 * Everything a run needs to be repeated, as config.yaml holds it. A file that a user writes may leave out what its
 * preset says (`preset: emoji32` where it names none); config.yaml always says everything.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { parse, stringify } from 'yaml'
import { type BackendName, backendNames } from '../../backends/index.ts'
import {
  decodeWith,
  finite,
  fraction,
  integer,
  nonNegative,
  oneOf,
  positive,
  positiveInteger,
  record,
} from '../codec/codecs.ts'
import { suggestion } from '../codec/nearest.ts'
import { defaultPreset, type ImagePresetName, imagePresets, latentPresets } from '../diffit/config.ts'
import { decodeImageConfig, type ImageConfig } from '../diffit/imageConfig.ts'
import { lossNames } from '../diffusion/loss.ts'
import { type Recipe, recipes, type SamplingConfig, type TrainingConfig } from '../train/presets.ts'
import { type Cadence, defaultCadence } from './cadence.ts'

const training = record({
  batch: positiveInteger,
  micro_batch: positiveInteger,
  loss: oneOf(lossNames),
  learning_rate: positive,
  warmup_images: nonNegative,
  beta1: fraction,
  beta2: fraction,
  eps: positive,
  weight_decay: nonNegative,
  clip: positive,
  ema_half_life: positive,
  ema_ramp: positive,
  label_dropout: fraction,
  sigma_data: positive,
  sigma_mean: finite,
  sigma_std: positive,
})
const sampling = record({ steps: positiveInteger, guidance: nonNegative, columns: positiveInteger })
const cadence = record({ save_seconds: positive, validation_seconds: positive, grid_seconds: positive })
const length = record({ steps: t.union([positiveInteger, t.null]), minutes: t.union([positive, t.null]) })
const codec = record({
  preset: t.string,
  model: t.UnknownRecord,
  data: t.string,
  seed: integer,
  backend: oneOf(backendNames),
  threads: t.union([positiveInteger, t.null]),
  length,
  training,
  sampling,
  cadence,
})

/** How long a run is in all; null where that does not bound it. */
export interface Length {
  readonly steps: number | null
  readonly minutes: number | null
}

export interface Settings {
  readonly preset: ImagePresetName
  readonly model: ImageConfig
  /** What `open` of src/data takes. */
  readonly data: string
  readonly seed: number
  readonly backend: BackendName
  /** Null: as many as there are processors. The bits of a run do not depend on it. */
  readonly threads: number | null
  readonly length: Length
  readonly training: TrainingConfig
  readonly sampling: SamplingConfig
  readonly cadence: Cadence
}

/** What the command line said; each wins over the file. */
export interface Overrides {
  readonly preset?: string
  readonly data?: string
  readonly backend?: string
  readonly threads?: number
  readonly steps?: number
  readonly minutes?: number
  readonly batch?: number
  readonly microBatch?: number
  readonly seed?: number
}

type Raw = Readonly<Record<string, unknown>>

/** Minutes of a run for which nobody said how long it is. */
const defaultMinutes = 30

const isRecipe = (name: string): name is ImagePresetName => Object.hasOwn(recipes, name)

export const recipeOf = (
  name: string,
): E.Either<string, { readonly name: ImagePresetName; readonly recipe: Recipe }> =>
  isRecipe(name)
    ? E.right({ name, recipe: recipes[name] })
    : E.left(
        Object.hasOwn(latentPresets, name)
          ? `preset "${name}" is a model of latents, which need an autoencoder that is not there yet: expected one of ${Object.keys(recipes).join(', ')}`
          : `unknown preset "${name}": ${suggestion(name, Object.keys(recipes))}`,
      )

export const backendOf = (name: string): E.Either<string, BackendName> =>
  pipe(
    backendNames.find((b) => b === name),
    E.fromNullable(`unknown backend "${name}": ${suggestion(name, backendNames)}`),
  )

/** Drops what was not given, so that a spread does not overwrite with undefined. */
const given = (fields: Raw): Raw => Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined))
const section = (file: Raw, name: string): Raw | unknown => file[name] ?? {}
const merged = (base: object, over: unknown): unknown => (t.UnknownRecord.is(over) ? { ...base, ...over } : over)

const lengthOf = (file: Raw, { steps, minutes }: Overrides): unknown =>
  steps !== undefined || minutes !== undefined
    ? { steps: steps ?? null, minutes: minutes ?? null }
    : file.length === undefined
      ? { steps: null, minutes: defaultMinutes }
      : merged({ steps: null, minutes: null }, file.length)

/** Where only the batch was named, parts stay as large as the preset's if they divide it. */
const trainingOf = (recipe: Recipe, file: Raw, o: Overrides): unknown => {
  const own = merged({}, section(file, 'training'))
  if (!t.UnknownRecord.is(own)) return own
  const said: Raw = { ...own, ...given({ batch: o.batch, micro_batch: o.microBatch }) }
  const batch = typeof said.batch === 'number' ? said.batch : recipe.training.batch
  const part = recipe.training.micro_batch
  return { ...recipe.training, batch, micro_batch: part < batch && batch % part === 0 ? part : batch, ...said }
}

const partsDivide = (c: TrainingConfig): E.Either<string, TrainingConfig> =>
  c.batch % c.micro_batch === 0
    ? E.right(c)
    : E.left(`training.micro_batch is ${c.micro_batch}: expected a divisor of the batch of ${c.batch}`)

/** The settings of a file (null: no file) under the options of the command line. */
export const settingsOf = (file: unknown, o: Overrides): E.Either<string, Settings> => {
  const raw = file ?? {}
  if (!t.UnknownRecord.is(raw)) return E.left(`expected named fields, found ${JSON.stringify(raw)}`)
  return pipe(
    E.Do,
    E.bind('chosen', () => recipeOf(o.preset ?? (typeof raw.preset === 'string' ? raw.preset : defaultPreset))),
    E.bind('backend', () => (o.backend === undefined ? E.right(undefined) : backendOf(o.backend))),
    E.bind('model', ({ chosen }) =>
      pipe(
        decodeImageConfig(section(raw, 'model'), imagePresets[chosen.name]),
        E.mapLeft((what) => `model: ${what}`),
      ),
    ),
    E.bind('settings', ({ chosen: { name, recipe }, model, backend }) =>
      decodeWith(codec, {
        ...raw,
        preset: name,
        model,
        data: o.data ?? raw.data ?? recipe.data ?? '',
        seed: o.seed ?? raw.seed ?? 0,
        backend: backend ?? raw.backend ?? 'wasm',
        threads: o.threads ?? raw.threads ?? null,
        length: lengthOf(raw, o),
        training: trainingOf(recipe, raw, o),
        sampling: merged(recipe.sampling, section(raw, 'sampling')),
        cadence: merged(defaultCadence, section(raw, 'cadence')),
      }),
    ),
    E.chainFirst(({ settings }) => partsDivide(settings.training)),
    E.map(({ chosen, model, settings }) => ({ ...settings, preset: chosen.name, model })),
  )
}

const yamlOf = (text: string): E.Either<string, unknown> =>
  E.tryCatch(
    (): unknown => parse(text),
    (error) => `it is not YAML: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
  )

/** The settings of a YAML text; the left side does not name the file. */
export const readSettings = (text: string, o: Overrides): E.Either<string, Settings> =>
  pipe(
    yamlOf(text),
    E.chain((raw) => settingsOf(raw, o)),
  )

/** Law: readSettings(writeSettings(s), {}) = s. */
export const writeSettings = (s: Settings): string => stringify(s)

/** Did the file itself say these of the model? What it did not say follows the data. */
export const saysOfModel = (text: string | null, field: keyof ImageConfig): boolean => {
  if (text === null) return false
  const raw = yamlOf(text)
  if (E.isLeft(raw) || !t.UnknownRecord.is(raw.right)) return false
  const model = raw.right.model
  return t.UnknownRecord.is(model) && Object.hasOwn(model, field)
}
