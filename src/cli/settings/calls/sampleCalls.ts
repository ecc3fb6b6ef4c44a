/** Options of `sample` that are not stored in files, some of them of other commands that sample from a run too. */
import { integer, positiveInteger, text } from '../../../codec/codecs.ts'
import { withSchedules } from '../guidanceOptions.ts'
import { option } from '../option.ts'
import { intervalName, pictureName } from './words.ts'

export const sampleCalls = {
  run: option(text('the folder of a run'), {
    help: 'the folder of a run (required)',
    flag: '--run <dir>',
    of: ['sample', 'evaluate', 'samplers'],
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
  every: option(positiveInteger, {
    help: 'every n-th image of a class: 0, n, 2 n and so on; a fair view of more images than fit',
    flag: '--every <n>',
    of: ['sample'],
    default: 1,
    mayChange: true,
  }),
  sampleSeed: option(integer, {
    help: "image i of a class depends only on the seed, not on the count (default: the run's)",
    flag: '--seed <n>',
    of: ['sample', 'evaluate', 'samplers'],
    mayChange: true,
  }),
  guidanceInterval: option(intervalName, {
    help: 'with --guidance-schedule interval: the noise levels (sigma) between which there is guidance, 0.2,5',
    flag: '--guidance-interval <low,high>',
    of: ['sample', 'evaluate'],
    ...withSchedules('low'),
    objectives: ['denoising'],
    mayChange: true,
  }),
  picture: option(pictureName, {
    help: "the PNG file (default: samples/seed-N.png in the run's folder)",
    flag: '--out <file>',
    of: ['sample'],
    mayChange: true,
  }),
}
