/** The run that campaigns torment: a model of 12,737 parameters that saves, validates and draws as often as it can. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '..', '..')

export interface Subject {
  /** Where its folders are. */
  readonly home: string
  readonly config: string
  readonly steps: number
  /** The command that works on a folder, where it is not a run's. */
  readonly words?: (out: string) => readonly string[]
}

/** @param more settings of another model */
export const subject = (home: string, steps: number, cadence: object, more: object = {}): Subject => {
  mkdirSync(home, { recursive: true })
  const config = join(home, 'config.yaml')
  const model = { image_size: 8, widths: [8, 8], depths: [1, 1], heads: 2, window: 4, time_width: 16 }
  const settings = {
    model,
    training: { batch: 4 },
    sampling: { steps: 2, columns: 1 },
    length: { steps },
    cadence,
    ...more,
  }
  writeFileSync(config, JSON.stringify(settings)) // JSON is YAML
  return { home: resolve(home), config, steps }
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly err: string
  readonly milliseconds: number
}

export interface Running {
  readonly pid: number
  readonly kill: () => void
  readonly ended: Promise<Ended>
}

export interface Fault {
  readonly at: number
  readonly kind: string
  readonly forever?: boolean
}

/** Begins the run of a folder, or goes on with it where there is one. */
export const launch = (s: Subject, out: string, { fault, shell }: { fault?: Fault; shell?: string } = {}): Running => {
  const where = existsSync(join(out, 'config.yaml')) ? ['--resume', out] : ['--config', s.config, '--out', out]
  const words = s.words?.(out) ?? ['train', ...where]
  const began = performance.now()
  const log = `${out}.operations`
  rmSync(log, { force: true })
  const preload = pathToFileURL(join(root, 'properties', 'campaign', 'faults.ts')).href
  const args = ['--import', preload, join(root, 'src', 'cli', 'main.ts'), ...words, '--threads', '1']
  const [program, rest] =
    shell === undefined
      ? [process.execPath, args]
      : ['bash', ['-c', `${shell}; unset NODE_OPTIONS; exec "$0" "$@"`, process.execPath, ...args]]
  const child = spawn(program, rest, {
    stdio: ['ignore', 'ignore', 'pipe'],
    // test runners preload things that hear signals, and put them back for a shell
    env: { ...process.env, NODE_OPTIONS: '', DIFFIT_FAULTS: JSON.stringify({ folder: out, log, ...fault }) },
  })
  let err = ''
  child.stderr.on('data', (d) => {
    err += d
  })
  const ended = new Promise<Ended>((done, failed) => {
    child.on('error', failed)
    child.on('close', (code, signal) => done({ code, signal, err, milliseconds: performance.now() - began }))
  })
  return { pid: child.pid ?? 0, kill: () => child.kill('SIGKILL'), ended }
}

/** What the last launch of a folder did to its files, in order. */
export const operations = (out: string): readonly string[] => {
  const log = `${out}.operations`
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []
}

/** The sentence of a run that failed; a stack trace, or anything but one line, is a defect. */
export const sentence = (err: string): string | null => {
  const lines = err.split('\n').filter((line) => line.startsWith('error: '))
  return lines.length === 1 && !/\n\s+at /.test(err) ? (lines[0] ?? null) : null
}

/** Goes on until the run is done; a failure on the way is an Error. */
export const finish = async (s: Subject, out: string): Promise<void> => {
  const { code, signal, err } = await launch(s, out).ended
  if (code !== 0 && !/ is complete: step /.test(err)) throw new Error(`${out}: ended with ${code ?? signal}: ${err}`)
}
