/** Options of a single command that are not stored in files. */
import { integer, named, positiveInteger, text, yesOrNo } from '../codec/codecs.ts'
import { option } from './option.ts'

/** The extension protects a run's other files from being overwritten by mistake. */
const pictureName = named(
  'a file that ends in .png',
  (u): u is string => typeof u === 'string' && /[^/\\]\.png$/i.test(u),
)

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
