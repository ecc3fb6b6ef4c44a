/**
 * `npm run bench`: speed compared with the machine's peak and other libraries, in one run. Options and tables are
 * elsewhere.
 */
import { appendFileSync } from 'node:fs'
import { Command } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { fail, mustBe, report } from '../src/cli/errors.ts'
import { reached } from './goals.ts'
import type { Line } from './line.ts'
import { machine } from './machine.ts'
import { trainableOf } from './model.ts'
import { type BenchOptions, benchOptions, type Given, jsonFile, trainingSteps } from './options.ts'
import { noPeers, openPeers } from './peers/peers.ts'
import { quality, recordedPath } from './quality/command.ts'
import { contestants, recipes } from './quality/contestants.ts'
import { type GivenQuality, qualityOptions } from './quality/options.ts'
import { reason } from './reason.ts'
import { jsonLines, markdown, text } from './report.ts'
import { timeStep } from './steps.ts'
import type { Context } from './workload.ts'
import { workloads } from './workloads.ts'

const toOut = (line: string): void => console.log(line)
const toError = (line: string): void => console.error(line)

/** A configuration given by the user. */
const runConfig = async (context: Context, { config, batch }: BenchOptions, raw: unknown): Promise<void> => {
  const model = mustBe(E.mapLeft((why: string) => `${config}: ${why}`)(trainableOf(raw, batch)))
  await timeStep(context, { workload: 'config', config: raw, model, resident: false })
}

const run = async (options: BenchOptions): Promise<void> => {
  const raw = options.config === null ? null : mustBe(jsonFile(options.config))
  if (options.config !== null) mustBe(E.mapLeft((why: string) => `${options.config}: ${why}`)(trainableOf(raw, 1)))
  const say = options.json ? toError : toOut
  const here = await machine()
  say(here)
  const lines: Line[] = []
  const show = options.json ? jsonLines(toOut) : text(toOut)
  const peers = options.peers ? await openPeers(say) : noPeers
  const context: Context = {
    smoke: options.smoke,
    threads: options.threads,
    peers,
    backend: options.backend,
    only: options.only,
    profile: options.profile,
    say,
    emit: (line) => {
      lines.push(line)
      show(line)
    },
  }
  try {
    if (options.config !== null) await runConfig(context, options, raw)
    else for (const name of options.workloads) await workloads[name]?.run(context)
  } finally {
    await peers.close()
  }
  const isFull =
    options.workloads.length === Object.keys(workloads).length && options.config === null && options.only === ''
  const goals = isFull && !options.smoke ? reached(lines) : null
  if (goals !== null) say(`\n${goals}`)
  if (options.markdown !== null)
    try {
      const parts = [`## ${new Date().toISOString().slice(0, 10)}`, here, goals ?? '', markdown(lines)]
      appendFileSync(options.markdown, `\n${parts.filter((part) => part !== '').join('\n\n')}\n`)
    } catch (error) {
      fail(`cannot write ${options.markdown}: ${reason(error)}`)
    }
}

const list = Object.entries(workloads)
  .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
  .join('\n')

const recipeList = Object.entries(recipes)
  .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
  .join('\n')

const program = new Command('bench')
  .enablePositionalOptions()
  .description('measure speed against the peak of this machine, PyTorch (/usr/bin/python3 with torch), jax-js and tfjs')
  .argument('[workload...]', 'what to measure (default: everything)')
  .option('--config <file>', 'time the training step of one configuration of the reference (JSON) instead')
  .option('--batch <n>', 'images per step, with --config (default: 16)')
  .option('--threads <n>', 'threads of diffit (default: 1 and 2; with --config: 2)')
  .option(
    '--backend <name>',
    'gpu or webgpu: also time training steps on that backend; DIFFIT_WEBGPU=null counts what webgpu does without a device',
  )
  .option('--only <text>', 'only cases whose name contains this')
  .option('--profile', `also print the time of a training step by kernel (${trainingSteps.join(', ')}, --config)`)
  .option('--peers', 'compare with other libraries even with --config or --smoke')
  .option('--no-peers', 'time diffit only')
  .option('--json', 'JSON lines on stdout, everything else on stderr')
  .option('--markdown <file>', 'append the tables of this run to a file')
  .option('--smoke', 'only check that everything runs, in a few seconds')
  .addHelpText('after', `\nWorkloads:\n${list}`)
  .action(async (names: readonly string[], given: Given) => {
    try {
      await run(mustBe(benchOptions(names, given, Object.keys(workloads))))
    } catch (error) {
      console.error(report(error).text)
      process.exitCode = 1
    }
  })

program
  .command('quality')
  .description(
    'time to quality: images, and minutes, until the validation loss of emoji32 is 0.2, 0.16, 0.153; ours and PyTorch, by three recipes. It trains for hours and may be stopped: the same command goes on',
  )
  .option('--only <names>', `contestants, separated by commas: ${contestants.map(({ name }) => name).join(', ')}`)
  .option('--images <n>', 'images of each run (default: 133000); it ends at the last goal')
  .option('--whole', 'go on to --images after the last goal')
  .option(
    '--paired',
    'train nothing: measure the pace of each contestant, alternately (a few minutes of a quiet machine)',
  )
  .option('--report', 'train and measure nothing: the table and the picture of what is there')
  .option(
    '--curves <files...>',
    `curves recorded elsewhere, for contestants without their own (default: ${recordedPath})`,
  )
  .option('--out <dir>', 'the folder of runs, curves, paces and the picture (default: runs/quality)')
  .option('--threads <n>', 'threads of both (default: 2)')
  .option('--python <file>', "the Python of PyTorch (default: /usr/bin/python3, Debian's)")
  .option('--device <name>', 'what PyTorch computes on: cpu, cuda (default: cpu)')
  .option('--json', 'JSON lines on stdout, everything else on stderr')
  .option('--smoke', 'a tiny model, a few steps: only check that everything runs')
  .addHelpText('after', `\nRecipes:\n${recipeList}`)
  .action(async (given: GivenQuality) => {
    try {
      await quality(mustBe(qualityOptions(given, recordedPath)))
    } catch (error) {
      console.error(report(error).text)
      process.exitCode = 1
    }
  })

await program.parseAsync()
