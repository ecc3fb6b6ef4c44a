/** Options of `samplers`. */
import { positiveInteger, text } from '../../../codec/codecs.ts'
import { option } from '../option.ts'
import { list } from './words.ts'

export const samplersCalls = {
  stepCounts: option(
    list('positive whole numbers separated by commas', (n) => positiveInteger.is(n)),
    {
      help: 'numbers of steps that are compared',
      flag: '--steps <values>',
      of: ['samplers'],
      default: '5,10,20,50,250',
      mayChange: true,
    },
  ),
  judgedCount: option(positiveInteger, {
    help: "samples of each sampler and number of steps whose distance to real pictures is measured, where there is a network that judges: half of the command's time",
    flag: '--count <n>',
    of: ['samplers'],
    default: 126,
    mayChange: true,
  }),
  solvedCount: option(positiveInteger, {
    help: 'images of each class whose distance to the solution is measured',
    flag: '--per-class <n>',
    of: ['samplers'],
    default: 2,
    mayChange: true,
  }),
  referenceSteps: option(positiveInteger, {
    help: "steps of Heun's method in the solution",
    flag: '--reference-steps <n>',
    of: ['samplers'],
    default: 1000,
    mayChange: true,
  }),
  samplersFolder: option(text('a folder'), {
    help: "the folder of the results (default: samplers in the run's folder); given again, it goes on there",
    flag: '--out <dir>',
    of: ['samplers'],
    mayChange: true,
  }),
}
