/** Options of `evaluate`, some of them of other commands that judge samples too. */
import { positiveInteger, text } from '../../../codec/codecs.ts'
import { option } from '../option.ts'
import { arraysName } from './words.ts'

export const evaluateCalls = {
  samples: option(positiveInteger, {
    help: 'samples in all, of the classes as the data has them; FID takes 50000',
    flag: '--count <n>',
    of: ['evaluate', 'compare'],
    default: 1008,
    mayChange: true,
  }),
  network: option(text('a folder of a classifier, or a .safetensors file'), {
    help: "the network that judges: the run of a classifier, or Inception's weights (default: the classifier of the run's data)",
    flag: '--network <path>',
    of: ['evaluate', 'compare', 'samplers'],
    mayChange: true,
  }),
  reference: option(arraysName, {
    help: "the statistics to compare with, by the same network (default: those of the run's training pictures)",
    flag: '--reference <file>',
    of: ['evaluate'],
    mayChange: true,
  }),
  writeReference: option(arraysName, {
    help: "write the statistics of the run's training pictures there",
    flag: '--write-reference <file>',
    of: ['evaluate'],
    mayChange: true,
  }),
  precisionCount: option(positiveInteger, {
    help: 'samples, and real pictures, for precision and recall, which compare all with all',
    flag: '--precision-count <n>',
    of: ['evaluate'],
    default: 10000,
    mayChange: true,
  }),
  splits: option(positiveInteger, {
    help: 'parts of the samples over which the Inception score is averaged',
    flag: '--splits <n>',
    of: ['evaluate'],
    default: 10,
    mayChange: true,
  }),
  evaluation: option(text('a folder'), {
    help: "the folder of the results (default: evaluation in the run's folder)",
    flag: '--out <dir>',
    of: ['evaluate'],
    mayChange: true,
  }),
}
