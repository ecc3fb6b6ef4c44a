/**
 * Every option of the command line and of config.yaml, one row each: add a row, and the flag, `--help`, the YAML field,
 * its type and what a resumed run says of it are there. A setting that `Recipe` does not hold needs a `default`.
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
import { suggestion } from '../codec/nearest.ts'
import { defaultPreset, type ImagePresetName, latentPresets } from '../diffit/config.ts'
import { imageFields } from '../diffit/imageConfig.ts'
import { lossNames } from '../diffusion/loss.ts'
import { recipes, type TrainingConfig } from '../train/presets.ts'
import { defaultCadence } from './cadence.ts'
import { type CommandName, type Given, option } from './option.ts'

const recipeNames = Object.keys(recipes)
const recipeName = named(
  `one of ${recipeNames.join(', ')}`,
  (u): u is ImagePresetName => typeof u === 'string' && Object.hasOwn(recipes, u),
  (u) =>
    typeof u !== 'string'
      ? undefined
      : Object.hasOwn(latentPresets, u)
        ? `that is a model of latents, which need an autoencoder that is not there yet: expected one of ${recipeNames.join(', ')}`
        : suggestion(u, recipeNames),
)
/** A preset without data of its own leaves it empty. */
const dataName = named('emoji, cifar10:DIR, idx:DIR or folder:DIR', (u): u is string => typeof u === 'string')

/** Nothing else of a run is written over by mistake. */
const pictureName = named(
  'a file that ends in .png',
  (u): u is string => typeof u === 'string' && /[^/\\]\.png$/i.test(u),
)

const partsDivide: Rule<TrainingConfig> = ({ batch, micro_batch }) =>
  batch % micro_batch === 0 ? null : `micro_batch is ${micro_batch}: expected a divisor of the batch of ${batch}`

/** What a run is repeated from, in the sections and the order of config.yaml. */
export const settings = record({
  preset: option(recipeName, {
    help: `model and recipe: ${recipeNames.join(', ')} (default: ${defaultPreset})`,
    flag: '--preset <name>',
    of: ['train'],
    mayChange: false,
  }),
  model: option(imageFields, { help: "the model's sizes", mayChange: false }),
  data: option(dataName, {
    help: "emoji, cifar10:DIR, idx:DIR or folder:DIR (default: the preset's)",
    flag: '--data <what>',
    of: ['train'],
    // it may move; that its pictures are the same is seen from their content
    mayChange: true,
  }),
  seed: option(integer, {
    help: 'everything random follows from it (default: 0)',
    flag: '--seed <n>',
    of: ['train'],
    mayChange: false,
  }),
  backend: option(oneOf(backendNames), {
    help: `where to compute: ${backendNames.join(', ')}; a run goes on with its own`,
    flag: '--backend <name>',
    of: ['train', 'sample', 'parity'],
    default: 'wasm',
    mayChange: true,
  }),
  threads: option(orNull(positiveInteger, 'for one a processor'), {
    help: 'threads to compute with (default: one a processor); they change the speed, never a bit',
    flag: '--threads <n>',
    of: ['train', 'sample', 'parity'],
    default: null,
    mayChange: true,
  }),
  length: record({
    steps: option(orNull(positiveInteger, 'for no end in steps'), {
      help: 'stop after this many steps in all',
      flag: '--steps <n>',
      of: ['train'],
      default: null,
      mayChange: true,
    }),
    minutes: option(orNull(positive, 'for no end in time'), {
      help: 'stop after this many minutes; with --resume, so many more (default: 30, if --steps is not given)',
      flag: '--minutes <m>',
      of: ['train'],
      default: null,
      mayChange: true,
    }),
  }),
  training: record(
    {
      batch: option(positiveInteger, { help: 'images a step', flag: '--batch <n>', of: ['train'], mayChange: false }),
      micro_batch: option(positiveInteger, {
        help: 'images at a time, a divisor of the batch: less memory, the same step',
        flag: '--micro-batch <n>',
        of: ['train'],
        mayChange: false,
      }),
      loss: option(oneOf(lossNames), { help: `the loss: ${lossNames.join(', ')}`, mayChange: false }),
      learning_rate: option(positive, { help: 'learning rate of AdamW after the warm-up', mayChange: false }),
      warmup_images: option(nonNegative, {
        help: 'images over which the learning rate grows from 0',
        mayChange: false,
      }),
      beta1: option(fraction, { help: 'decay of the first moment', mayChange: false }),
      beta2: option(fraction, { help: 'decay of the second moment', mayChange: false }),
      eps: option(positive, { help: 'added to the root of the second moment', mayChange: false }),
      weight_decay: option(nonNegative, { help: 'decoupled weight decay', mayChange: false }),
      clip: option(positive, { help: 'largest norm of the gradient', mayChange: false }),
      ema_half_life: option(positive, { help: 'half-life of the averaged parameters, in images', mayChange: false }),
      ema_ramp: option(positive, {
        help: 'the half-life is at most this share of the images so far',
        mayChange: false,
      }),
      label_dropout: option(fraction, {
        help: 'share of the images that are trained without their class',
        mayChange: false,
      }),
      sigma_data: option(positive, { help: 'standard deviation of the pictures', mayChange: false }),
      sigma_mean: option(finite, { help: "mean of the logarithm of the training noise's level", mayChange: false }),
      sigma_std: option(positive, {
        help: "standard deviation of the logarithm of the training noise's level",
        mayChange: false,
      }),
    },
    [partsDivide],
  ),
  sampling: record({
    steps: option(positiveInteger, {
      help: "sampler steps (default: the run's)",
      flag: '--steps <n>',
      of: ['sample'],
      mayChange: true,
    }),
    guidance: option(nonNegative, {
      help: "how strongly to follow the class; 1 is plain (default: the run's)",
      flag: '--guidance <w>',
      of: ['sample'],
      mayChange: true,
    }),
    columns: option(positiveInteger, {
      help: 'pictures of each class in the grids of a run, at most',
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
      help: 'seconds between validations, at least',
      default: defaultCadence.validation_seconds,
      mayChange: true,
    }),
    grid_seconds: option(positive, {
      help: 'seconds before the first grid of samples',
      default: defaultCadence.grid_seconds,
      mayChange: true,
    }),
  }),
})

/** What one call of a command is told, and no file holds. */
export const calls = {
  config: option(text('a file of settings in YAML'), {
    help: 'settings in YAML; what it leaves out the preset says',
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
    help: 'go on with a run from its last checkpoint',
    flag: '--resume <dir>',
    of: ['train'],
    mayChange: true,
  }),
  dryRun: option(yesOrNo, {
    help: 'print parameters, operations, memory and the plan, and stop',
    flag: '--dry-run',
    of: ['train'],
    mayChange: true,
  }),
  profile: option(yesOrNo, {
    help: 'at the end, print where the time of the training steps went, kernel by kernel',
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
    help: 'the folder of a run; must be given',
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
    help: 'pictures of each class',
    flag: '--count <n>',
    of: ['sample'],
    default: 8,
    mayChange: true,
  }),
  sampleSeed: option(integer, {
    help: "picture i of a class is the same for a seed, whatever the count (default: the run's)",
    flag: '--seed <n>',
    of: ['sample'],
    mayChange: true,
  }),
  picture: option(pictureName, {
    help: 'a PNG (default: in the run, samples/seed-N.png)',
    flag: '--out <file>',
    of: ['sample'],
    mayChange: true,
  }),
  json: option(yesOrNo, { help: 'print one JSON object', flag: '--json', of: ['doctor'], mayChange: true }),
}

type Options = typeof settings | (typeof calls)[keyof typeof calls]
/** A number or a name that a file leaves out and no default says is the preset's (src/train/presets.ts). */
export type Settings = t.TypeOf<typeof settings>
export type Length = Settings['length']
export type OptionsOf<C extends CommandName> = Given<C, Options>
export type TrainOptions = OptionsOf<'train'>
export type SampleOptions = OptionsOf<'sample'>
