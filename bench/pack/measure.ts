/**
 * The program of the archive of `npm run bench:pack`: measures the machine it was unpacked on, stage by stage. What there is
 * is written after every stage, so nothing is lost by Ctrl-C.
 */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { Command } from 'commander'
import { machine } from '../machine.ts'
import { lacking } from './libraries.ts'
import { markdownOf, type Row, textOf } from './row.ts'
import { allowed, type Clock, rowsOf, runStage, type Stage } from './stage.ts'
import { type Machine, stagesOf } from './stages.ts'

interface Given {
  readonly quick?: boolean
  readonly minutes: string
  readonly out: string
  readonly python?: string
  readonly only?: string
}

const folder = resolve(import.meta.dirname, '../..')

/** Where PyTorch may be. */
const pythons = ['python3', 'python', '/usr/bin/python3', '/opt/conda/bin/python', '/usr/local/bin/python3']

const said = (program: string, args: readonly string[]): string => {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 })
  return status === 0 ? stdout.trim() : ''
}

/** A folder of links to the libraries that this machine lacks. */
const librariesIn = (work: string): string => {
  const [from, to] = [join(folder, 'lib'), join(work, 'lib')]
  mkdirSync(to)
  const listing = said('/sbin/ldconfig', ['-p']) || said('ldconfig', ['-p'])
  const packed = existsSync(from) ? readdirSync(from) : []
  for (const name of lacking(packed, listing)) symlinkSync(join(from, name), join(to, name))
  return to
}

const environment = (work: string): Pick<Machine, 'env' | 'plain'> => {
  // a driver that keeps what it compiled would hide what a cold start costs
  const plain = { XDG_RUNTIME_DIR: work, ...process.env }
  const before = process.env.LD_LIBRARY_PATH
  const path = [librariesIn(work), ...(before === undefined || before === '' ? [] : [before])].join(delimiter)
  const env = { ...plain, LD_LIBRARY_PATH: path, __GL_SHADER_DISK_CACHE: '0', DIFFIT_GPU: 'webgpu' }
  return { plain, env }
}

const aboutMachine = async (): Promise<readonly Row[]> => {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader']
  const cards = said('nvidia-smi', query)
  return [
    { what: 'machine', by: 'processor', remark: await machine() },
    {
      ...{ what: 'machine', by: 'card' },
      ...(cards === '' ? { problem: 'nvidia-smi finds none' } : { remark: cards.replaceAll('\n', '; ') }),
    },
  ]
}

/** Writes whole files or none. */
const write = (out: string, rows: readonly Row[]): void => {
  mkdirSync(out, { recursive: true })
  const put = (name: string, text: string): void => {
    writeFileSync(join(out, `${name}.part`), text)
    renameSync(join(out, `${name}.part`), join(out, name))
  }
  put('measured.json', `${JSON.stringify(rows, null, 2)}\n`)
  put('measured.md', `${markdownOf(rows)}\n`)
}

interface Session {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly keep: (rows: readonly Row[]) => void
}

const perform = async (stage: Stage, label: string, { clock, signal, keep }: Session): Promise<readonly Row[]> => {
  const seconds = signal.aborted ? null : allowed(stage, clock)
  const { what, by } = stage
  if (seconds === null) {
    const problem = signal.aborted ? 'interrupted before it' : 'left out: there was no time left'
    keep([{ what, by, problem }])
    return []
  }
  const left = Math.round(clock.end - clock.now())
  process.stderr.write(`${label} ${what}: ${by} (at most ${Math.round(seconds)} s; ${left} s left)\n`)
  const outcome = await runStage(stage, seconds, signal)
  keep(rowsOf(stage, outcome))
  return outcome.problem === null ? outcome.rows : []
}

/** The first Python that has PyTorch. */
const findPython = async (given: Given, plain: NodeJS.ProcessEnv, session: Session): Promise<string | null> => {
  const problems: string[] = []
  const silent = { ...session, keep: (rows: readonly Row[]) => problems.push(...rows.flatMap((r) => r.problem ?? [])) }
  for (const python of given.python === undefined ? pythons : [given.python]) {
    const command = [python, `${folder}/bench/pack/torch_steps.py`] as const
    const stage: Stage = { what: 'PyTorch', by: python, seconds: 40, command, env: plain }
    const rows = await perform(stage, '[looking]', silent)
    if (rows.length === 0) continue
    session.keep(rows)
    return python
  }
  session.keep([{ what: 'PyTorch', by: 'PyTorch', problem: problems[0] ?? 'it was not looked for' }])
  return null
}

const measure = async (given: Given): Promise<void> => {
  const minutes = Number(given.minutes)
  if (!(minutes > 0)) throw new Error(`--minutes is "${given.minutes}": expected a number above 0`)
  const [out, start] = [resolve(given.out), performance.now()]
  const work = mkdtempSync(join(tmpdir(), 'diffit-'))
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(signal))
  const rows: Row[] = []
  const keep = (more: readonly Row[]): void => {
    rows.push(...more)
    write(out, rows)
  }
  const clock: Clock = { now: () => (performance.now() - start) / 1e3, end: 60 * minutes }
  const session: Session = { clock, signal: stop.signal, keep }
  try {
    keep(await aboutMachine())
    const { env, plain } = environment(work)
    const python = await findPython(given, plain, session)
    const machine: Machine = {
      ...{ folder, node: process.execPath, python, env, plain },
      ...{ cores: availableParallelism(), quick: given.quick === true },
    }
    const { only = '' } = given
    const stages = stagesOf(machine).filter(({ what, by }) => `${what}: ${by}`.includes(only))
    for (const [i, stage] of stages.entries()) await perform(stage, `[${i + 1} of ${stages.length}]`, session)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  console.log(
    `\n${textOf(rows)}\n\n${Math.round(clock.now())} s; the same in ${join(out, 'measured.md')} and measured.json`,
  )
  if (stop.signal.aborted) process.exitCode = 130
}

await new Command('run.sh')
  .description(
    'measure diffit on this machine (webgpu, gpu, wasm) beside PyTorch, and print one table; every stage has a limit of time, and one that fails is a row that says so',
  )
  .option('--minutes <n>', 'all stages together, those that do not fit are left out', '5.8')
  .option('--quick', 'tiny models and few steps: only whether everything runs')
  .option('--only <text>', 'only stages whose name contains this: webgpu, image-s, PyTorch on the card')
  .option('--python <file>', `the Python that has PyTorch (default: the first of ${pythons.join(', ')})`)
  .option('--out <dir>', 'where measured.json and measured.md are written', '.')
  .action(async (given: Given) => {
    try {
      await measure(given)
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error))
      process.exitCode = 1
    }
  })
  .parseAsync()
