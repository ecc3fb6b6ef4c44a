/**
 * The program of the archive of `npm run bench:pack`: measures the machine it was unpacked on, stage by stage. What there is
 * is written after every stage, so nothing is lost by Ctrl-C.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { reason } from '../reason.ts'
import { findAdapter, findPython, look } from './look.ts'
import { textOf } from './row.ts'
import { keeping, perform, type Session, tell } from './session.ts'
import { type Machine, stagesOf } from './stages.ts'

interface Given {
  readonly quick?: boolean
  readonly minutes: string
  readonly out: string
  readonly python?: string
  readonly only?: string
}

const folder = resolve(import.meta.dirname, '../..')

/** A folder of this run's own, where one can be made. */
const workFolder = (out: string): string => {
  const problems: string[] = []
  for (const parent of [tmpdir(), '/dev/shm', out, folder])
    try {
      return mkdtempSync(join(parent, 'diffit-'))
    } catch (error) {
      problems.push(reason(error))
    }
  throw new Error(`no folder can be written: ${problems.join('; ')}`)
}

const removed = (work: string): void => {
  try {
    rmSync(work, { recursive: true, force: true })
  } catch (error) {
    tell(`${work} is left behind: ${reason(error)}`)
  }
}

const measureIn = async (given: Given, work: string, session: Session): Promise<void> => {
  const looked = await look(folder, work)
  session.keep(looked.rows)
  const python = await findPython(given.python, folder, looked.plain, session)
  const { only = '' } = given
  const quick = given.quick === true
  const fixed = {
    ...{ folder, node: process.execPath, plain: looked.plain, cores: availableParallelism(), quick },
    ...{ python: python?.path ?? null, cuda: python?.cuda === true },
  }
  const chosenOf = (m: Machine) => stagesOf(m, only)
  const without: Machine = { ...fixed, env: looked.ways[0]?.env ?? looked.plain, noCard: 'there is no adapter' }
  const wanted = chosenOf(without).some(({ by }) => /gpu/.test(by))
  const adapter = wanted ? await findAdapter(looked, [process.execPath, folder], session) : null
  const noCard = quick ? null : (adapter?.noCard ?? null)
  const stages = chosenOf(adapter === null ? without : { ...fixed, env: adapter.env, noCard })
  for (const [i, stage] of stages.entries()) await perform(stage, `[${i + 1} of ${stages.length}]`, session)
}

const measure = async (given: Given): Promise<void> => {
  const minutes = Number(given.minutes)
  if (!(minutes > 0)) throw new Error(`--minutes is "${given.minutes}": expected a number above 0`)
  const [out, start] = [resolve(given.out), performance.now()]
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal))
  const { rows, keep, problem } = keeping(out)
  const now = (): number => (performance.now() - start) / 1e3
  const work = workFolder(out)
  try {
    await measureIn(given, work, { clock: { now, end: 60 * minutes }, signal: stop.signal, keep })
  } finally {
    const where = problem() === null ? `; the same in ${join(out, 'measured.md')} and measured.json` : ''
    console.log(`\n${textOf(rows)}\n\n${Math.round(now())} s${where}`)
    removed(work)
  }
  if (stop.signal.aborted) process.exitCode = 130
}

await new Command('run.sh')
  .description(
    'measure diffit on this machine (webgpu, gpu, wasm) beside PyTorch, and print one table; every stage has a limit of time, and one that fails is a row that says so',
  )
  .option('--minutes <n>', 'all stages together, those that do not fit are left out', '5.8')
  .option('--quick', 'tiny models and few steps: only whether everything runs')
  .option(
    '--only <text>',
    'only a model (image-s), or stages whose name contains this (diffit webgpu, PyTorch on the card)',
  )
  .option('--python <file>', 'the Python that has PyTorch (default: the first found whose PyTorch can use the card)')
  .option('--out <dir>', 'where measured.json and measured.md are written', '.')
  .action(async (given: Given) => {
    try {
      await measure(given)
    } catch (error) {
      console.error(reason(error))
      process.exitCode = 1
    }
  })
  .parseAsync()
// a program that could not be ended would keep this one alive
process.exit()
