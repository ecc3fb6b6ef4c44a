/** The composition root of the command line: the only place that knows all commands. */
import { Command } from 'commander'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { layouts } from '../interchange/layouts.ts'
import { companions, sharp } from '../io/companion.ts'
import { compare } from './compare.ts'
import { convert } from './convert/convert.ts'
import { conversionProgress } from './convert/progress.ts'
import { doctor } from './doctor.ts'
import { fail, must, mustBe, report } from './errors.ts'
import { evaluateRun, quietly } from './evaluate.ts'
import { evaluationProgress } from './evaluation/progress.ts'
import { type EvaluationEnvironment, EvaluationStopped } from './evaluation/session.ts'
import { invocation } from './invocation.ts'
import { encode } from './latents/encode.ts'
import { EncodingStopped } from './latents/encodedData.ts'
import { encodingProgress } from './latents/encodingProgress.ts'
import { guardOutput } from './output.ts'
import { parityCommand } from './parity.ts'
import { imageOperationCommands, misspelt } from './sample/commands.ts'
import { sample } from './sample/sample.ts'
import { compareSamplers } from './samplers.ts'
import { samplingProgress } from './samplingProgress.ts'
import { addFlags, decodeOptions, flagsOf, settingsHelp } from './settings/flags.ts'
import { imageOperations } from './settings/option.ts'
import { swallowed } from './settings/swallowed.ts'
import { stopSignal } from './stop.ts'
import { train } from './train.ts'
import { verify } from './verify.ts'

const output = guardOutput()

const program = new Command('diffit')
  .description('Define, train and sample DiffiT (Diffusion Vision Transformers)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 1))

addFlags(program.command('train'), 'train')
  .description('train a model on images; without options, on emoji for about half an hour')
  .addHelpText('after', `\n${settingsHelp()}`)
  .action(async (said: unknown) => {
    await train(mustBe(decodeOptions('train', said)))
  })

const sampling = addFlags(program.command('sample'), 'sample')
  .description('generate images with a trained model')
  .addHelpText(
    'after',
    `\nOne image of each class: ${invocation('sample', '--run runs/first --count 1 --guidance 3.8')}`,
  )
  .action(async (said: unknown) => {
    await sample(mustBe(decodeOptions('sample', said)), console.log, samplingProgress())
  })
imageOperationCommands(sampling)

/** Runs what Ctrl-C stops between two pictures, with what is done kept. */
const stoppable = async (run: (environment: EvaluationEnvironment) => Promise<unknown>): Promise<void> => {
  const stop = stopSignal(() => process.stderr.write('stopping and saving; once more ends it at once\n'))
  try {
    await run({ ...quietly, say: console.log, progress: evaluationProgress(), stopped: stop.asked })
  } catch (error) {
    if (!(error instanceof EvaluationStopped)) throw error
    console.log(error.message)
  } finally {
    stop.release()
  }
}

addFlags(program.command('evaluate'), 'evaluate')
  .description("measure a run's samples: distance to real pictures, precision, recall, class accuracy, copies")
  .action((said: unknown) =>
    stoppable((environment) => evaluateRun(mustBe(decodeOptions('evaluate', said)), environment)),
  )

addFlags(program.command('samplers'), 'samplers')
  .description('compare all samplers on a run, with several numbers of steps: one picture, tables of distances')
  .action((said: unknown) =>
    stoppable((environment) => compareSamplers(mustBe(decodeOptions('samplers', said)), environment)),
  )

addFlags(program.command('compare'), 'compare')
  .description('train several settings with the same data, noise, seeds and budget: one table, one picture')
  .argument('<settings...>', 'files of settings, as for train --config, or names of presets')
  .action(async (words: readonly string[], said: unknown) => {
    const options = mustBe(decodeOptions('compare', said))
    if (RA.isNonEmpty(words)) await compare(words, options)
  })

addFlags(program.command('data').description('prepare data sets').command('encode'), 'encode')
  .description(
    'write the latents of pictures, and of mirrored ones, for the training of latent models; goes on where it was stopped',
  )
  .action(async (said: unknown) => {
    try {
      await encode(mustBe(decodeOptions('encode', said)))
    } catch (error) {
      if (!(error instanceof EncodingStopped)) throw error
      console.log(error.message)
    }
  })

program
  .command('verify')
  .description(
    "check the integrity of a run's folder: checkpoints, metrics, images, the autoencoder of a latent model; exit 1 if it is damaged",
  )
  .argument('<dir>', 'the folder of a run')
  .action(async (folder: string) => {
    await must(companions('diffit verify')([sharp]))
    if (!(await verify(folder))) process.exitCode = 1
  })

addFlags(program.command('convert'), 'convert')
  .description('convert parameters: from a run or a file into a file of other names, another type of numbers, or ONNX')
  .argument('<from>', 'the folder of a run, or a .safetensors file of any layout below')
  .argument('<to>', 'the .safetensors or .onnx file to write, or a folder, which gets it with a model card (README.md)')
  .addHelpText('after', `\nLayouts:\n${layouts.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}`)
  .action(async (from: string, to: string, said: unknown) => {
    const stop = stopSignal(() => process.stderr.write('stopping; nothing is written\n'))
    try {
      await convert(from, to, mustBe(decodeOptions('convert', said)), {
        say: console.log,
        progress: conversionProgress(),
        encoding: encodingProgress(),
        stopped: stop.asked,
      })
    } finally {
      stop.release()
    }
  })

parityCommand(program)

addFlags(program.command('doctor'), 'doctor')
  .description('report what this machine supports and which kernel is used; exit 1 if wasm does not work')
  .action(async (said: unknown) => {
    if (!(await doctor(mustBe(decodeOptions('doctor', said))))) process.exitCode = 1
  })

/** Commands whose result is a folder or a file: their standard output is informational. */
const writesFiles = ['train', 'encode', 'sample', 'evaluate', 'compare', 'samplers', 'convert', ...imageOperations]
let command = ''
program.hook('preAction', (_, action) => {
  command = action.name()
})

// the last write may fail after the program's last line
process.once('exit', () => {
  if (output.failure() !== null && !writesFiles.includes(command)) process.exitCode = 1
})

const [, , called = '', ...words] = process.argv

try {
  if (called === 'data' && words[0] === 'encode') {
    const about = { words: words.slice(1), env: process.env, takesWords: false }
    const why = swallowed('data', flagsOf('encode'), about, 'encode')
    if (why !== null) fail(why)
  }
  for (const name of ['train', 'sample', 'evaluate', 'compare', 'samplers', 'convert', 'parity', 'doctor'] as const) {
    if (name !== called) continue
    const takesWords = program.commands.some((c) => c.name() === name && c.registeredArguments.length > 0)
    const operation = name === 'sample' ? imageOperations.find((one) => one === words[0]) : undefined
    const wrong = name === 'sample' ? misspelt(words) : null
    if (wrong !== null) fail(wrong)
    const why =
      operation === undefined
        ? swallowed(name, flagsOf(name), { words, env: process.env, takesWords })
        : swallowed(name, flagsOf(operation), { words: words.slice(1), env: process.env, takesWords }, operation)
    if (why !== null) fail(why)
  }
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${report(error).text}\n`)
  process.exitCode = 1
}
