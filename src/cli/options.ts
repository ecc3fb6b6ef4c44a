/**
 * Every option of the command line and of config.yaml, one row each: the flag, `--help`, the YAML field, its type and the
 * rules for resuming are derived from the row. A setting that is not in `Recipe` needs a `default`.
 */
import type * as t from 'io-ts'
import { backendNames } from '../../backends/index.ts'
import {
  finite,
  fraction,
  integer,
  named,
  nonNegative,
  oneOf,
  orNull,
  positive,
  positiveInteger,
  type Rule,
  record,
  text,
  yesOrNo,
} from '../codec/codecs.ts'
import { kinds } from '../data/kinds.ts'
import { lossNames } from '../diffusion/losses.ts'
import { noiseDistributionNames } from '../diffusion/noiseDistributions.ts'
import { processNames } from '../diffusion/processes.ts'
import { samplerNames } from '../diffusion/samplers.ts'
import { scheduleNames } from '../diffusion/schedules.ts'
import { models } from '../models/models.ts'
import type { TrainingConfig } from '../models/recipe.ts'
import { optimiserNames, optimisers } from '../train/optimisers.ts'
import { rateScheduleNames, rateSchedules } from '../train/schedules.ts'
import { defaultCadence } from './cadence.ts'
import { type CommandName, type Given, option, rowsOf } from './option.ts'
import { type Tables, tableOptions, trainedPresets } from './tableOptions.ts'

/** The extension protects a run's other files from being overwritten by mistake. */
const pictureName = named(
  'a file that ends in .png',
  (u): u is string => typeof u === 'string' && /[^/\\]\.png$/i.test(u),
)

const partsDivide: Rule<TrainingConfig> = ({ batch, micro_batch }) =>
  batch % micro_batch === 0 ? null : `micro_batch is ${micro_batch}: expected a divisor of the batch of ${batch}`

/** The other options, whatever models and data sets there are. */
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
      help: 'stop after this many minutes; with --resume, this many more (default: 30, unless --steps is given)',
      flag: '--minutes <m>',
      of: ['train'],
      default: null,
      mayChange: true,
    }),
  }),
  training: record(
    {
      batch: option(positiveInteger, { help: 'images per step', flag: '--batch <n>', of: ['train'], mayChange: false }),
      micro_batch: option(positiveInteger, {
        help: 'images at a time (gradient accumulation), a divisor of the batch: less memory, the same step',
        flag: '--micro-batch <n>',
        of: ['train'],
        mayChange: false,
      }),
      loss: option(oneOf(lossNames), { help: `the loss: ${lossNames.join(', ')}`, mayChange: false }),
      optimiser: option(oneOf(optimiserNames), {
        help: `the optimiser: ${Object.values(optimisers)
          .map(({ name, help }) => `${name} (${help})`)
          .join(', ')}`,
        default: 'adamw',
        mayChange: false,
      }),
      learning_rate: option(positive, { help: 'the highest learning rate', mayChange: false }),
      matrix_learning_rate: option(positive, {
        help: 'the highest learning rate of matrices, with muon',
        default: 0.01,
        mayChange: false,
      }),
      schedule: option(oneOf(rateScheduleNames), {
        help: `the learning rate: ${Object.values(rateSchedules)
          .map(({ name, help }) => `${name} (${help})`)
          .join(', ')}`,
        default: 'constant',
        mayChange: false,
      }),
      schedule_images: option(orNull(positiveInteger, 'for a schedule without an end'), {
        help: 'images of the whole run, for a schedule that ends',
        default: null,
        mayChange: false,
      }),
      warmup_images: option(nonNegative, {
        help: 'images over which the learning rate warms up from 0',
        mayChange: false,
      }),
      beta1: option(fraction, { help: 'decay rate of the first moment', mayChange: false }),
      beta2: option(fraction, { help: 'decay rate of the second moment', mayChange: false }),
      eps: option(positive, { help: 'added to the square root of the second moment', mayChange: false }),
      weight_decay: option(nonNegative, { help: 'decoupled weight decay', mayChange: false }),
      clip: option(positive, { help: 'the gradient is clipped to this norm', mayChange: false }),
      ema_half_life: option(positive, { help: 'half-life of the EMA parameters, in images', mayChange: false }),
      ema_ramp: option(positive, {
        help: 'upper bound of the half-life, as a fraction of the images so far',
        mayChange: false,
      }),
      label_dropout: option(fraction, {
        help: 'fraction of the images whose class is dropped in training',
        mayChange: false,
      }),
      process: option(oneOf(processNames), {
        help: `the diffusion process: ${processNames.join(', ')}`,
        default: 'edm',
        mayChange: false,
      }),
      sigma_data: option(positive, { help: 'standard deviation of the images', mayChange: false }),
      noise: option(oneOf(noiseDistributionNames), {
        help: `the distribution of noise levels in training: ${noiseDistributionNames.join(', ')}`,
        default: 'lognormal',
        mayChange: false,
      }),
      sigma_mean: option(finite, { help: 'mean of the log noise level in training', mayChange: false }),
      sigma_std: option(positive, {
        help: 'standard deviation of the log noise level in training',
        mayChange: false,
      }),
    },
    [partsDivide],
  ),
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

/** Options of a single command that are not stored in files. */
export const calls = {
  config: option(text('a settings file in YAML'), {
    help: 'settings in YAML; what it omits comes from the preset',
    flag: '--config <file>',
    of: ['train'],
    mayChange: false,
  }),
  out: option(text('a folder'), {
    help: "the run's folder (default: runs/<date-time>)",
    flag: '--out <dir>',
    of: ['train'],
    mayChange: false,
  }),
  resume: option(text('the folder of a run'), {
    help: 'resume a run from its newest checkpoint',
    flag: '--resume <dir>',
    of: ['train'],
    mayChange: true,
  }),
  dryRun: option(yesOrNo, {
    help: 'print parameters, FLOPs, memory and the plan, and stop',
    flag: '--dry-run',
    of: ['train'],
    mayChange: true,
  }),
  profile: option(yesOrNo, {
    help: 'at the end, print the time of the training steps by kernel',
    flag: '--profile',
    of: ['train'],
    mayChange: true,
  }),
  trace: option(yesOrNo, {
    help: 'with --backend cpu: print every kernel of one step on one image, up to the first NaN',
    flag: '--trace',
    of: ['train'],
    mayChange: true,
  }),
  run: option(text('the folder of a run'), {
    help: 'the folder of a run (required)',
    flag: '--run <dir>',
    of: ['sample'],
    required: true,
    mayChange: true,
  }),
  class: option(text('the name of a class, or all'), {
    help: 'one class by name, or all',
    flag: '--class <name>',
    of: ['sample'],
    default: 'all',
    mayChange: true,
  }),
  count: option(positiveInteger, {
    help: 'images per class',
    flag: '--count <n>',
    of: ['sample'],
    default: 8,
    mayChange: true,
  }),
  sampleSeed: option(integer, {
    help: "image i of a class depends only on the seed, not on the count (default: the run's)",
    flag: '--seed <n>',
    of: ['sample'],
    mayChange: true,
  }),
  picture: option(pictureName, {
    help: "the PNG file (default: samples/seed-N.png in the run's folder)",
    flag: '--out <file>',
    of: ['sample'],
    mayChange: true,
  }),
  json: option(yesOrNo, { help: 'print one JSON object', flag: '--json', of: ['doctor'], mayChange: true }),
}

/** The tables, and what reproduces a run, in the sections and the order of config.yaml. */
export const catalogue = (tables: Tables) => {
  const settings = record({ ...tableOptions(tables), ...others })
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
export type OptionsOf<C extends CommandName> = Given<C, Options>
export type TrainOptions = OptionsOf<'train'>
export type SampleOptions = OptionsOf<'sample'>
