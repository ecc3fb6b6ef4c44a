/** Options of `compare`. */
import { integer, positive, positiveInteger, text } from '../../../codec/codecs.ts'
import { option } from '../option.ts'
import { list } from './words.ts'

export const compareCalls = {
  images: option(positiveInteger, {
    help: 'images that each setting is trained on, rounded up to whole steps (this, --gflop or --minutes is required)',
    flag: '--images <n>',
    of: ['compare'],
    mayChange: false,
  }),
  gflop: option(positive, {
    help: "GFLOP of each setting's training, as the plan counts them: as many whole steps as they allow",
    flag: '--gflop <g>',
    of: ['compare'],
    mayChange: false,
  }),
  minutesEach: option(positive, {
    help: "minutes of each setting's run, as those of train",
    flag: '--minutes <m>',
    of: ['compare'],
    mayChange: false,
  }),
  seeds: option(
    list('whole numbers separated by commas', (n) => integer.is(n)),
    {
      help: 'one or more seeds, 0,1: each setting is trained once with each',
      flag: '--seed <n>',
      of: ['compare'],
      default: '0',
      mayChange: false,
    },
  ),
  comparison: option(text('a folder'), {
    help: 'the folder of the comparison; given again, it goes on there',
    flag: '--out <dir>',
    of: ['compare'],
    default: 'runs/compare',
    mayChange: true,
  }),
  levels: option(
    list('positive numbers separated by commas', (n) => positive.is(n)),
    {
      help: 'validation losses, 0.20,0.16: the table says when each setting first stays at or below them',
      flag: '--loss <values>',
      of: ['compare'],
      mayChange: true,
    },
  ),
}
