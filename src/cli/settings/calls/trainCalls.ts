/** Options of `train` that are not stored in files. */
import { text, yesOrNo } from '../../../codec/codecs.ts'
import { option } from '../option.ts'

export const trainCalls = {
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
}
