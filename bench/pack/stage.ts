/** A stage of measuring: a program that writes rows, with a limit of time of its own. Whatever it does, the rest goes on. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type Row, rowIn } from './row.ts'

export interface Stage {
  readonly what: string
  readonly by: string
  /** The most that it may take. */
  readonly seconds: number
  readonly command: readonly [program: string, ...args: string[]]
  readonly env: NodeJS.ProcessEnv
}

export interface Outcome {
  readonly rows: readonly Row[]
  readonly seconds: number
  readonly problem: string | null
}

/** Seconds below which a stage is not begun. */
const worthwhile = 3

/** Ends a program and all that it started. */
const end = (pid: number | undefined): void => {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

/** @param signal ends it at once */
export const runStage = (stage: Stage, seconds: number, signal: AbortSignal): Promise<Outcome> =>
  new Promise((resolve) => {
    const start = performance.now()
    const [program, ...args] = stage.command
    const rows: Row[] = []
    let [errors, problem]: [string, string | null] = ['', null]
    const child = spawn(program, args, { env: stage.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const stop = (why: string): void => {
      problem ??= why
      end(child.pid)
    }
    const timer = setTimeout(() => stop(`it ran out of its ${Math.round(seconds)} s`), 1e3 * seconds)
    const interrupted = (): void => stop('it was interrupted')
    signal.addEventListener('abort', interrupted)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const row = rowIn(line)
      if (row !== null) rows.push(row)
    })
    child.stderr.on('data', (text) => {
      errors = `${errors}${text}`.slice(-4000)
    })
    child.once('error', (error) => {
      problem ??= `${program} does not start: ${error.message}`
    })
    // what it left behind would hold its output open
    child.once('exit', () => end(child.pid))
    child.once('close', (code, name) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', interrupted)
      if (code !== 0) problem ??= `it ended with ${code ?? name}${errors === '' ? '' : `: ${lastLine(errors)}`}`
      resolve({ rows, seconds: (performance.now() - start) / 1e3, problem })
    })
  })

/** The rows of an outcome, and one that says what is missing. */
export const rowsOf = ({ what, by }: Stage, { rows, problem }: Outcome): readonly Row[] => {
  if (problem !== null) return [...rows, { what, by, problem }]
  return rows.length === 0 ? [{ what, by, problem: 'it wrote no figure' }] : rows
}

export interface Clock {
  /** Seconds since the beginning. */
  readonly now: () => number
  /** When all must have ended. */
  readonly end: number
}

/** Seconds for a stage: its own limit, or what is left if that is less; null if it is not worth beginning. */
export const allowed = ({ seconds }: Pick<Stage, 'seconds'>, { now, end }: Clock): number | null => {
  const left = end - now()
  return left < worthwhile ? null : Math.min(seconds, left)
}
