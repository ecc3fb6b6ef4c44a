#!/usr/bin/env node
/** The composition root of the command line: the only place that knows all commands. */
import { Command, InvalidArgumentError, Option } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { backendNames } from '../../backends/index.ts'
import { decodeWith, integer, nonNegative, positive, positiveInteger } from '../codec/codecs.ts'
import { defaultPreset } from '../diffit/config.ts'
import { recipes } from '../train/presets.ts'
import { doctor } from './doctor.ts'
import { report } from './errors.ts'
import { guardOutput } from './output.ts'
import { parityCommand } from './parity.ts'
import { sample } from './sample.ts'
import { train } from './train.ts'
import { verify } from './verify.ts'

const number =
  (codec: t.Type<number>) =>
  (text: string): number => {
    const value = decodeWith(codec, text.trim() === '' ? undefined : Number(text))
    if (E.isRight(value)) return value.right
    throw new InvalidArgumentError(`expected ${codec.name}.`)
  }

const presetNames = Object.keys(recipes).join(', ')
const backend = (): Option => new Option('--backend <name>', `where to compute: ${backendNames.join(', ')}`)
const threads = (): Option =>
  new Option('--threads <n>', 'threads of the wasm backend (default: all processors)').argParser(
    number(positiveInteger),
  )

const output = guardOutput()

const program = new Command('diffit')
  .description('Define, train and sample DiffiT (Diffusion Vision Transformers)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 1))

program
  .command('train')
  .description('train a model on pictures; without options, about half an hour on emoji')
  .option('--preset <name>', `model and recipe: ${presetNames} (default: ${defaultPreset})`)
  .option('--config <file>', 'settings in YAML; what it leaves out the preset says')
  .option('--data <what>', 'emoji, cifar10:DIR, idx:DIR or folder:DIR')
  .addOption(backend())
  .addOption(threads())
  .option('--steps <n>', 'stop after this many steps in all', number(positiveInteger))
  .option('--minutes <m>', 'stop after this many minutes', number(positive))
  .option('--batch <n>', 'images a step', number(positiveInteger))
  .option(
    '--micro-batch <n>',
    'images at a time, a divisor of the batch: less memory, the same step',
    number(positiveInteger),
  )
  .option('--seed <n>', 'everything random follows from it', number(integer))
  .option('--out <dir>', "the run's folder (default: runs/<date-time>)")
  .option('--resume <dir>', 'go on with a run from its last checkpoint')
  .option('--dry-run', 'print parameters, operations, memory and the plan, and stop')
  .option('--profile', 'at the end, print where the time of the training steps went, kernel by kernel')
  .option('--trace', 'with --backend cpu: print every kernel of one step on one image, up to the first NaN')
  .action(async (options) => {
    await train(options)
  })

program
  .command('sample')
  .description('make pictures with a trained model')
  .requiredOption('--run <dir>', 'the folder of a run')
  .option('--class <name>', 'one class by name, or all', 'all')
  .option('--count <n>', 'pictures of each class (default: 8)', number(positiveInteger))
  .option('--guidance <w>', 'how strongly to follow the class; 1 is plain', number(nonNegative))
  .option('--steps <n>', 'sampler steps', number(positiveInteger))
  .option('--seed <n>', 'picture i of a class is the same for a seed, whatever the count', number(integer))
  .option('--out <file>', 'a PNG (default: in the run, samples/seed-N.png)')
  .addOption(backend())
  .addOption(threads())
  .action(async (options) => {
    await sample(options)
  })

program
  .command('verify')
  .description("say whether a run's folder is whole: checkpoints, metrics, pictures; exit 1 if it is not")
  .argument('<dir>', 'the folder of a run')
  .action(async (folder: string) => {
    if (!(await verify(folder))) process.exitCode = 1
  })

parityCommand(program)

program
  .command('doctor')
  .description('say what this machine offers and what will compute; exit 1 if wasm cannot')
  .option('--json', 'print one JSON object')
  .action(async (options) => {
    if (!(await doctor(options))) process.exitCode = 1
  })

/** Commands whose outcome is a folder or a file: what they print is only told to whoever watches. */
const writesFiles = ['train', 'sample']
let command = ''
program.hook('preAction', (_, action) => {
  command = action.name()
})

// the last write may fail after the last line of the program
process.once('exit', () => {
  if (output.failure() !== null && !writesFiles.includes(command)) process.exitCode = 1
})

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${report(error).text}\n`)
  process.exitCode = 1
}
