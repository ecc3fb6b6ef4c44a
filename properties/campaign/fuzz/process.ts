/** A worker as the campaign sees it: jobs in, results out, and the fate of an input that killed it. */
import { type ChildProcess, fork } from 'node:child_process'
import { type Job, messageCodec, type Result } from './messages.ts'

export interface Batch {
  readonly results: readonly Result[]
  /** The input at which the worker stopped, and how; null where it came to its end. */
  readonly stopped: { readonly index: number; readonly how: string } | null
}

export interface Worker {
  readonly run: (job: Job) => Promise<Batch>
  readonly stop: () => void
}

const longestOutput = 2000

/** @param patience milliseconds without a message after which a worker is killed. */
export const startWorker = (patience: number): Worker => {
  let child: ChildProcess | null = null
  const started = (): ChildProcess => {
    child ??= fork(new URL('worker.ts', import.meta.url), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    return child
  }
  const run = (job: Job): Promise<Batch> =>
    new Promise((resolve) => {
      const own = started()
      const results: Result[] = []
      let [index, errors, hung] = [job.from, '', false]
      const late = (): void => {
        hung = true
        own.kill('SIGKILL')
      }
      let timer = setTimeout(late, patience)
      const heard = (message: unknown): void => {
        clearTimeout(timer)
        timer = setTimeout(late, patience)
        if (!messageCodec.is(message)) return
        if (message.kind === 'begin') index = message.index
        else if (message.kind === 'result') results.push(message)
        else done(null)
      }
      const printed = (text: Buffer): void => {
        errors = `${errors}${text}`.slice(-longestOutput)
      }
      const exited = (code: number | null, signal: string | null): void => {
        child = null
        const how = hung
          ? `said nothing for ${patience / 1000} s`
          : `ended with ${signal ?? `exit code ${code}`}: ${errors}`
        done({ index, how })
      }
      const done = (stopped: Batch['stopped']): void => {
        clearTimeout(timer)
        own.off('message', heard).off('exit', exited)
        own.stderr?.off('data', printed)
        resolve({ results, stopped })
      }
      own.on('message', heard).on('exit', exited)
      own.stderr?.on('data', printed)
      own.send(job)
    })
  return {
    run,
    stop: () => {
      child?.kill()
      child = null
    },
  }
}
