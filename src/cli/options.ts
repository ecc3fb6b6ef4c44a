/**
 * Every option of the command line and of config.yaml, one row each (those of training are in trainingOptions.ts, those of
 * a single command in calls.ts): the flag, `--help`, the YAML field, its type and the rules for resuming are derived from the
 * row. A setting that is not in `Recipe` needs a `default`.
 */
import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { backendNames } from '../../backends/index.ts'
import { integer, named, nonNegative, oneOf, orNull, positive, positiveInteger, record } from '../codec/codecs.ts'
import { suggestion } from '../codec/nearest.ts'
import { variants } from '../codec/variants.ts'
import { type DataKind, kinds, usageOf } from '../data/kinds.ts'
import { samplerNames } from '../diffusion/samplers.ts'
import { scheduleNames } from '../diffusion/schedules.ts'
import { type Models, models, presetsOf } from '../models/models.ts'
import type { Recipe } from '../models/recipe.ts'
import { defaultCadence } from './cadence.ts'
import type { calls } from './calls.ts'
import { type CommandName, type Given, option, rowsOf } from './option.ts'
import { trainingOptions } from './trainingOptions.ts'

// ------------------------------------------------------------------------------------------ options of the tables
/** What a user chooses from. */
export interface Tables {
  readonly models: Models
  readonly kinds: readonly DataKind[]
}

/** The models that can be trained, why the others cannot, and the presets of either. */
const sorted = (table: Models) => {
  const presets = [...presetsOf(table)]
  return {
    trained: presets.flatMap(([name, { config, recipe }]) =>
      E.match(
        () => [],
        (known: Recipe) => [[name, { config, recipe: known }] as const],
      )(recipe),
    ),
    presetRefused: new Map(presets.flatMap(([name, { recipe }]) => (E.isLeft(recipe) ? [[name, recipe.left]] : []))),
    fields: Object.fromEntries(table.flatMap((m) => (E.isRight(m.recipes) ? [[m.name, m.fields]] : []))),
    modelRefused: new Map(table.flatMap((m) => (E.isLeft(m.recipes) ? [[m.name, m.recipes.left]] : []))),
  }
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.slice(-1).join()}`

const chosen = ({ models, kinds }: Tables) => {
  const { trained, presetRefused, fields, modelRefused } = sorted(models)
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

// ------------------------------------------------------------------------------------------------- other options
const others = {
  seed: option(integer, {
    help: 'seed of all randomness (default: 0)',
    flag: '--seed <n>',
    of: ['train'],
    mayChange: false,
  }),
  backend: option(oneOf(backendNames), {
    help: `the backend: ${backendNames.join(', ')}; a resumed run keeps its own`,
    flag: '--backend <name>',
    of: ['train', 'sample', 'parity'],
    default: 'wasm',
    mayChange: true,
  }),
  threads: option(orNull(positiveInteger, 'for one per processor'), {
    help: 'compute threads (default: one per processor); they affect the speed, never the results',
    flag: '--threads <n>',
    of: ['train', 'sample', 'parity'],
    default: null,
    mayChange: true,
  }),
  length: record({
    steps: option(orNull(positiveInteger, 'for no limit on steps'), {
      help: 'stop after this many steps in total',
      flag: '--steps <n>',
      of: ['train'],
      default: null,
      mayChange: true,
    }),
    minutes: option(orNull(positive, 'for no limit on time'), {
      help: 'stop after this many minutes; with --resume, this many more (default: 30, unless --steps or --schedule-images is given)',
      flag: '--minutes <m>',
      of: ['train'],
      default: null,
      mayChange: true,
    }),
  }),
  training: trainingOptions,
  sampling: record({
    sampler: option(oneOf(samplerNames), {
      help: `the sampler: ${samplerNames.join(', ')}; without the flag, the run's own`,
      flag: '--sampler <name>',
      of: ['sample'],
      default: 'heun',
      mayChange: true,
    }),
    schedule: option(oneOf(scheduleNames), {
      help: `the sampler's noise levels: ${scheduleNames.join(', ')}`,
      default: 'karras',
      mayChange: true,
    }),
    steps: option(positiveInteger, {
      help: "sampler steps (default: the run's)",
      flag: '--steps <n>',
      of: ['sample'],
      mayChange: true,
    }),
    guidance: option(nonNegative, {
      help: "classifier-free guidance scale; 1 is no guidance (default: the run's)",
      flag: '--guidance <w>',
      of: ['sample'],
      mayChange: true,
    }),
    columns: option(positiveInteger, {
      help: 'maximum images per class in the sample grids of a run',
      mayChange: true,
    }),
  }),
  cadence: record({
    save_seconds: option(positive, {
      help: 'seconds between checkpoints',
      flag: '--save-every <seconds>',
      of: ['train'],
      default: defaultCadence.save_seconds,
      mayChange: true,
    }),
    validation_seconds: option(positive, {
      help: 'minimum seconds between validations',
      default: defaultCadence.validation_seconds,
      mayChange: true,
    }),
    grid_seconds: option(positive, {
      help: 'seconds before the first grid of samples',
      default: defaultCadence.grid_seconds,
      mayChange: true,
    }),
  }),
}

/** The tables, and what reproduces a run, in the sections and the order of config.yaml. */
export const catalogue = (tables: Tables) => {
  const settings = record({ ...chosen(tables), ...others })
  const presets = new Map(sorted(tables.models).trained)
  return { ...tables, settings, rows: rowsOf(settings.fields), presets, defaultPreset: [...presets.keys()][0] }
}
export type Catalogue = ReturnType<typeof catalogue>
/** This package's own models and data sets. */
export const standard = catalogue({ models, kinds })

type Options = Catalogue['settings'] | (typeof calls)[keyof typeof calls]
/** A number or a name that a file leaves out and no default says is the preset's (`recipes` of its model). */
export type Settings = t.TypeOf<Catalogue['settings']>
export type Length = Settings['length']
export type OptionsOf<C extends CommandName> = Given<C, Options>
export type TrainOptions = OptionsOf<'train'>
export type SampleOptions = OptionsOf<'sample'>
