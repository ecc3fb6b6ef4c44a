/** `npm run bench`: speed beside the machine's limit and beside the peers, in one run. Options and tables are elsewhere. */
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

/** A configuration that someone brings. */
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
  .description('measure speed beside the limit of this machine, PyTorch (/usr/bin/python3 with torch), jax-js and tfjs')
  .argument('[workload...]', 'what to measure (default: everything)')
  .option('--config <file>', 'time the training step of one configuration of the reference (JSON) instead')
  .option('--batch <n>', 'images a step, with --config (default: 16)')
  .option('--threads <n>', 'threads of ours (default: 1 and 2; with --config: 2)')
  .option('--backend <name>', 'gpu: the gpu backend takes part in training steps, beside wasm')
  .option('--only <text>', 'only cases with this in their name')
  .option(
    '--profile',
    `then where the time of a training step goes (${trainingSteps.join(', ')}, --config), kernel by kernel`,
  )
  .option('--peers', 'beside its peers also with --config or --smoke')
  .option('--no-peers', 'ours alone')
  .option('--json', 'one JSON object a line on stdout, everything else on stderr')
  .option('--markdown <file>', 'append the tables of this run to a file')
  .option('--smoke', 'only prove that everything runs, in a few seconds')
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
