/**
 * Every option of the command line and of config.yaml, one row each (those of training are in trainingOptions.ts, those of
 * samplers in samplerOptions.ts, those of a single command in calls.ts): the flag, `--help`, the YAML field, its type and the rules for resuming are derived from the
 * row. A setting that is not in `Recipe` needs a `default`.
 */
import * as t from 'io-ts'
import { backendNames } from '../../../backends/index.ts'
import { augmentLabels } from '../../augmentation/index.ts'
import {
  integer,
  named,
  nonNegative,
  oneOf,
  orNull,
  positive,
  positiveInteger,
  type Rule,
  record,
} from '../../codec/codecs.ts'
import { kinds } from '../../data/kinds.ts'
import { samplerNames } from '../../diffusion/sampler/samplers.ts'
import { scheduleNames, schedules } from '../../diffusion/schedule/schedules.ts'
import type { ModelConfig } from '../../models/model.ts'
import { models } from '../../models/models.ts'
import { defaultCadence } from '../session/cadence.ts'
import type { calls } from './calls.ts'
import { guidanceOptions } from './guidanceOptions.ts'
import { guidanceRules } from './guidanceRules.ts'
import { type CommandName, type Given, type ImageOperation, option, rowsOf } from './option.ts'
import { processOf } from './process.ts'
import { samplerRows } from './samplerOptions.ts'
import { type Tables, tableOptions, trainedPresets } from './tableOptions.ts'
import { trainingOptions } from './trainingOptions.ts'

/** The other options, whatever models and data sets there are. */
const others = {
  autoencoder: option(named('a run or a file of an autoencoder', t.string.is), {
    help: 'what makes latents of pictures, and pictures of them: the folder of a run, or a .safetensors file (empty, the default: the one of latents:DIR, or the kl-tiny that the package has)',
    flag: '--autoencoder <path>',
    of: ['train'],
    default: '',
    space: 'latents',
    mayChange: false,
  }),
  seed: option(integer, {
    help: 'seed of all randomness (default: 0)',
    flag: '--seed <n>',
    of: ['train'],
    mayChange: false,
  }),
  backend: option(oneOf(backendNames), {
    help: `the backend: ${backendNames.join(', ')}; a resumed run keeps its own`,
    flag: '--backend <name>',
    of: ['train', 'sample', 'evaluate', 'compare', 'samplers', 'parity', 'encode'],
    default: 'wasm',
    mayChange: true,
  }),
  threads: option(orNull(positiveInteger, 'for one per processor'), {
    help: 'compute threads (default: one per processor); they affect the speed, never the results',
    flag: '--threads <n>',
    of: ['train', 'sample', 'evaluate', 'compare', 'samplers', 'parity', 'encode'],
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
      help: 'stop after this many minutes; with --resume, this many more (default: 30, unless --steps is given or the schedule has an end)',
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
      of: ['sample', 'evaluate'],
      default: 'heun',
      objectives: ['denoising'],
      mayChange: true,
    }),
    ...samplerRows,
    schedule: option(oneOf(scheduleNames), {
      help: `the sampler's noise levels: ${scheduleNames.join(', ')}; without the flag, the run's own`,
      flag: '--spacing <name>',
      of: ['sample', 'evaluate'],
      default: 'karras',
      objectives: ['denoising'],
      mayChange: true,
    }),
    steps: option(positiveInteger, {
      help: "sampler steps (default: the run's)",
      flag: '--steps <n>',
      of: ['sample', 'evaluate', 'compare'],
      objectives: ['denoising'],
      mayChange: true,
    }),
    guidance: option(nonNegative, {
      help: "classifier-free guidance scale; 1 is no guidance (default: the run's)",
      flag: '--guidance <w>',
      of: ['sample', 'evaluate', 'compare', 'samplers'],
      objectives: ['denoising'],
      mayChange: true,
    }),
    ...guidanceOptions,
    columns: option(positiveInteger, {
      help: 'maximum images per class in the pictures of a run',
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

/** The levels of sampling are there for the process and the steps. */
const levelsExist: Rule<{
  readonly training: t.TypeOf<typeof trainingOptions>
  readonly sampling: t.TypeOf<typeof others.sampling>
}> = ({ training, sampling: { schedule, steps } }) => {
  const why = schedules[schedule].refusal(steps, processOf(training).range)
  return why === null ? null : `sampling.schedule is ${why}`
}

/** A network that is not told how its images were transformed would generate such images. */
const augmentHasLabel: Rule<{
  readonly model: ModelConfig
  readonly training: { readonly augment_probability: number }
}> = ({ model: { augment_labels: labels }, training: { augment_probability: p } }) =>
  p === 0 || labels === augmentLabels
    ? null
    : `training.augment_probability is ${p}: expected 0, because the model does not take the label of an augmentation (model.augment_labels)`

/** The tables, and what reproduces a run, in the sections and the order of config.yaml. */
export const catalogue = (tables: Tables) => {
  const settings = record({ ...tableOptions(tables), ...others }, [levelsExist, augmentHasLabel, ...guidanceRules])
  const presets = trainedPresets(tables.models)
  return { ...tables, settings, rows: rowsOf(settings.fields), presets, defaultPreset: [...presets.keys()][0] }
}
export type Catalogue = ReturnType<typeof catalogue>
/** This package's own models and data sets. */
export const standard = catalogue({ models, kinds })

type Options = Catalogue['settings'] | (typeof calls)[keyof typeof calls]
/** A number or a name that a file leaves out and no default says is the preset's (`recipes` of its model). */
export type Settings = t.TypeOf<Catalogue['settings']>
export type Length = Settings['length']
export type OptionsOf<C extends CommandName> = Given<C extends ImageOperation ? C | 'sample' : C, Options>
export type TrainOptions = OptionsOf<'train'>
export type SampleOptions = OptionsOf<'sample'>
export type Img2imgOptions = OptionsOf<'img2img'>
export type InpaintOptions = OptionsOf<'inpaint'>
export type InterpolateOptions = OptionsOf<'interpolate'>
export type FilmstripOptions = OptionsOf<'filmstrip'>
export type CompareOptions = OptionsOf<'compare'>
export type EvaluateOptions = OptionsOf<'evaluate'>
export type SamplersOptions = OptionsOf<'samplers'>
export type EncodeOptions = OptionsOf<'encode'>
