/** `npm run campaign -- fuzz`: the options, the progress and the table at the end. */
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import type * as t from 'io-ts'
import { must } from '../../../src/cli/errors.ts'
import { clock } from '../../../src/cli/progress.ts'
import { decodeWith, integer, positiveInteger } from '../../../src/codec/codecs.ts'
import { makeFolder } from '../../../src/io/makeFolder.ts'
import { fuzz, inputsOfBatch, type Limits } from './fuzz.ts'
import { fresh, readState, type State, writeState } from './state.ts'

const limits: Limits = { seconds: 1, bytes: 256 * 2 ** 20, patience: 30_000 }

const number =
  (codec: t.Type<number>) =>
  (text: string): number => {
    const value = decodeWith(codec, text.trim() === '' ? undefined : Number(text))
    if (E.isRight(value)) return value.right
    throw new InvalidArgumentError(`expected ${codec.name}.`)
  }

export const table = ({ tallies }: State): string =>
  [
    ['format', 'inputs', 'accepted', 'refused', 'slowest', 'most memory'],
    ...Object.entries(tallies).map(([name, c]) => [
      name,
      ...[c.inputs, c.accepted, c.refused].map((n) => n.toLocaleString('en')),
      `${(1000 * c.slowest).toFixed(0)} ms`,
      `${(c.largest / 2 ** 20).toFixed(0)} MiB`,
    ]),
  ]
    .map(([name = '', ...rest]) => `${name.padEnd(12)}${rest.map((cell) => cell.padStart(13)).join('')}`)
    .join('\n')

/** A line every few seconds: progress, rate, time left. */
const progress = (inputs: number, before: number): ((state: State, done: number) => void) => {
  const start = performance.now()
  let last = start
  return ({ failures }, done) => {
    const now = performance.now()
    if (now - last < 5000 && done < inputs) return
    last = now
    const rate = (1000 * (done - before)) / (now - start)
    const left = clock((inputs - done) / rate)
    process.stdout.write(
      `${done.toLocaleString('en')} of ${inputs.toLocaleString('en')} inputs, ${rate.toFixed(0)}/s, ${left} left, ${failures.length} failed\n`,
    )
  }
}

export const fuzzCommand = (program: Command): Command =>
  program
    .command('fuzz')
    .description('randomly mutated files and settings are read correctly or rejected in one sentence')
    .option('--inputs <n>', 'total number of inputs', number(positiveInteger), 100_000)
    .option('--seed <n>', 'seed of the inputs', number(integer), 1)
    .option('--out <dir>', 'folder of its state and of failing inputs', join('runs', 'campaign', 'fuzz'))
    .option('--resume', 'continue from the saved state, with its seed')
    .action(async (options: { inputs: number; seed: number; out: string; resume?: true }) => {
      const path = join(options.out, 'state.json')
      await must(makeFolder(options.out))
      const from = options.resume === true ? await must(readState(path)) : fresh(options.seed)
      const tell = progress(options.inputs, from.batches * inputsOfBatch)
      const state = await fuzz(from, {
        inputs: options.inputs,
        limits,
        failures: join(options.out, 'failures'),
        done: async (now, inputs) => {
          await must(writeState(path, now))
          tell(now, inputs)
        },
      })
      process.stdout.write(`${table(state)}\n`)
      for (const { kept, fault } of state.failures) process.stdout.write(`${kept}: ${fault}\n`)
      if (state.failures.length > 0) process.exitCode = 1
    })
