/**
 * `npm run bench`: speed compared with the machine's peak and other libraries, in one run. Options and tables are
 * elsewhere.
 */
import { appendFileSync } from 'node:fs'
import { Command } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import { gpu } from '../backends/gpu/index.ts'
import { fail, mustBe, report } from '../src/cli/errors.ts'
import { reached } from './goals.ts'
import type { Line } from './line.ts'
import { machine } from './machine.ts'
import { trainableOf } from './model.ts'
import { type BenchOptions, benchOptions, type Given, jsonFile, trainingSteps } from './options.ts'
import { noPeers, openPeers } from './peers/peers.ts'
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
    gpu: options.gpu ? gpu : null,
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
      fail(`cannot write ${options.markdown}: ${error instanceof Error ? error.message : String(error)}`)
    }
}

const list = Object.entries(workloads)
  .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
  .join('\n')

await new Command('bench')
  .description('measure speed against the peak of this machine, PyTorch (/usr/bin/python3 with torch), jax-js and tfjs')
  .argument('[workload...]', 'what to measure (default: everything)')
  .option('--config <file>', 'time the training step of one configuration of the reference (JSON) instead')
  .option('--batch <n>', 'images per step, with --config (default: 16)')
  .option('--threads <n>', 'threads of diffit (default: 1 and 2; with --config: 2)')
  .option('--backend <name>', 'gpu: also time training steps on the gpu backend')
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
  .parseAsync()
