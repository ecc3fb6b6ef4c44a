/** A stage of measuring: a program that writes rows, with a limit of time of its own. Whatever it does, the rest goes on. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { reason } from '../reason.ts'
import { type Row, rowIn } from './row.ts'

export interface Stage {
  readonly what: string
  readonly by: string
  /** The most that it may take. */
  readonly seconds: number
  readonly command: readonly [program: string, ...args: string[]]
  readonly env: NodeJS.ProcessEnv
  /** Why it is not run; it is its row then. */
  readonly leftOut?: string
}

export interface Outcome {
  readonly rows: readonly Row[]
  readonly seconds: number
  readonly problem: string | null
}

/** Seconds below which a stage is not begun. */
const worthwhile = 3

/** Seconds that a program which has ended, or was ended, is waited for: what escaped from its group may hold its output open. */
const patience = 2

/** Ends a program and all that it started. */
const end = (pid: number | undefined): void => {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}

/** What the Vulkan loader says if VK_LOADER_DEBUG asks for errors. */
const loaderError = /^(?:\[Vulkan Loader\] )?ERROR(?: \| \w+)?:\s+(?:\[Loader Message\] Code \d+ : )?(.+)$/

/** The sentence of a failed program: the line of its error, before the stack that Node writes, or the last; then the loader's. */
export const reasonIn = (errors: string): string => {
  const lines = errors
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^Node\.js v\d/.test(line))
  const loader = [...new Set(lines.flatMap((line) => loaderError.exec(line)?.slice(1, 2) ?? []))].slice(0, 3)
  const others = lines.filter((line) => !loaderError.test(line))
  const own = others.findLast((line) => /^(Uncaught )?\w*(Error|Exception|Refusal)\b.*: /.test(line)) ?? others.at(-1)
  return [...(own === undefined ? [] : [own]), ...loader.map((line) => `Vulkan's loader: ${line}`)].join('; ')
}

type Program = ChildProcessByStdio<null, Readable, Readable>

const started = ({ command: [program, ...args], env }: Stage): Program | string => {
  try {
    return spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  } catch (error) {
    return `${program} does not start: ${reason(error)}`
  }
}

/** @param signal ends it at once */
export const runStage = (stage: Stage, seconds: number, signal: AbortSignal): Promise<Outcome> =>
  new Promise((resolve) => {
    const start = performance.now()
    const rows: Row[] = []
    let [errors, problem]: [string, string | null] = ['', null]
    const child = started(stage)
    if (typeof child === 'string') return resolve({ rows, seconds: 0, problem: child })
    const waits: NodeJS.Timeout[] = []
    const finish = (code: number | null, name: string | null): void => {
      for (const wait of waits) clearTimeout(wait)
      signal.removeEventListener('abort', interrupted)
      for (const stream of [child.stdout, child.stderr]) stream.destroy()
      child.unref()
      const why = reasonIn(errors)
      if (code !== 0) problem ??= `it ended with ${code ?? name}${why === '' ? '' : `: ${why}`}`
      resolve({ rows, seconds: (performance.now() - start) / 1e3, problem })
    }
    const after = (seconds: number, act: () => void): number => waits.push(setTimeout(act, 1e3 * seconds))
    const stop = (why: string): void => {
      problem ??= why
      end(child.pid)
      after(patience, () => finish(null, null))
    }
    const interrupted = (): void => stop('it was interrupted')
    after(seconds, () => stop(`it ran out of its ${Math.round(seconds)} s`))
    signal.addEventListener('abort', interrupted)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const row = rowIn(line)
      if (row !== null) rows.push(row)
    })
    child.stderr.on('data', (text) => {
      errors = `${errors}${text}`.slice(-8000)
    })
    child.once('error', (error) => stop(`${stage.command[0]} does not start: ${error.message}`))
    child.once('exit', (code, name) => {
      end(child.pid)
      after(patience, () => finish(code, name))
    })
    child.once('close', finish)
  })

/** The rows of an outcome, and one that says what is missing. */
export const rowsOf = ({ what, by }: Pick<Stage, 'what' | 'by'>, { rows, problem }: Outcome): readonly Row[] => {
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
