/** The command line in a separate process, as run from a shell. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface Started {
  readonly child: ChildProcess
  /** Resolves when standard output contains the text; rejects if the process ends without it. */
  readonly says: (pattern: RegExp) => Promise<void>
  readonly ended: Promise<Ended>
}

interface How {
  /** Flags of Node's own. */
  readonly flags?: readonly string[]
  /** Beside this process's. */
  readonly env?: Readonly<Record<string, string>>
}

const started = ({ flags = [], env: more = {} }: How, args: readonly string[]): Started => {
  // without npm, and without what the test runner preloads, which hears signals
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))
  const env = { ...Object.fromEntries(own), NODE_OPTIONS: '', ...more }
  const child = spawn(process.execPath, [...flags, 'src/cli/main.ts', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  })
  const text = { out: '', err: '' }
  child.stdout.on('data', (d) => {
    text.out += d
  })
  child.stderr.on('data', (d) => {
    text.err += d
  })
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...text }))
  })
  const says = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(text.out)) {
      const more = once(child.stdout, 'data').then(() => true)
      const goes = await Promise.race([more, ended.then(() => false)])
      if (!goes && !pattern.test(text.out))
        throw new Error(`it ended and never said ${pattern}: ${text.out}${text.err}`)
    }
  }
  return { child, says, ended }
}

/** With flags of Node's own. */
export const startWith = (flags: readonly string[], ...args: readonly string[]): Started => started({ flags }, args)

/** With these variables of its environment. */
export const startIn = (env: Readonly<Record<string, string>>, ...args: readonly string[]): Started =>
  started({ env }, args)

export const start = (...args: readonly string[]): Started => started({}, args)

const rowsOf = (out: string): number => {
  const path = join(out, 'metrics.jsonl')
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0
}

/** Waits until a run has written so many rows. */
export const rows = async (out: string, n: number): Promise<void> => {
  while (rowsOf(out) < n) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** The steps of a run's rows. */
export const steps = (out: string): readonly number[] =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): number => JSON.parse(line).step)

/** The step of the newest checkpoint, by the run's record. */
export const newestStep = (out: string): number | null => {
  const path = join(out, 'run.json')
  const { checkpoints }: { checkpoints: readonly { step: number }[] } = JSON.parse(readFileSync(path, 'utf8'))
  return checkpoints.at(-1)?.step ?? null
}
