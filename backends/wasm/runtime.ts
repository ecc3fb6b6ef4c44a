/**
 * Threads over one shared memory. The main thread only waits for messages, so that Ctrl-C and pages stay alive; idle
 * threads do not keep the process running.
 */
import { Worker } from 'node:worker_threads'
import type { Program } from './program.ts'
import { control } from './schedule.ts'
import type { Job } from './worker.ts'

const page = 65536
export const mostBytes = 65536 * page

/** Shared memory with the program's words in it; an Error that names the bytes if it is too large. */
export const createMemory = (program: Program, threads: number): WebAssembly.Memory => {
  const bytes = program.bytes(threads)
  const refuse = (cause?: unknown): never => {
    throw new Error(`wasm: the plan needs ${bytes} bytes of memory; the limit is ${mostBytes} bytes (4 GiB)`, { cause })
  }
  if (bytes > mostBytes) refuse()
  const create = (): WebAssembly.Memory => {
    try {
      return new WebAssembly.Memory({ initial: Math.ceil(bytes / page), maximum: mostBytes / page, shared: true })
    } catch (cause) {
      return refuse(cause)
    }
  }
  const memory = create()
  const words = new Int32Array(memory.buffer)
  for (const { address, values } of program.words) words.set(values, address / 4)
  words[control.threads / 4] = threads
  return memory
}

export interface Threads {
  /** Runs the whole plan once on every thread. */
  readonly run: () => Promise<void>
  readonly stop: () => Promise<void>
}

const source = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

export const startThreads = async (jobs: readonly Job[]): Promise<Threads> => {
  const workers = jobs.map((workerData) => new Worker(source, { workerData }))
  /** Resolves when every worker has sent a message; rejects when one of them fails. */
  const all = (): Promise<unknown> =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            const forget = (): void => {
              worker.off('message', done)
              worker.off('error', failed)
              worker.off('exit', ended)
            }
            const done = (): void => {
              forget()
              resolve()
            }
            const failed = (cause: unknown): void => {
              forget()
              reject(cause)
            }
            const ended = (): void => failed(new Error('it ended during a run'))
            worker.on('message', done)
            worker.on('error', failed)
            worker.on('exit', ended)
          }),
      ),
    )
  const stop = async (): Promise<void> => {
    await Promise.all(workers.map((w) => w.terminate()))
  }
  const finish = async (): Promise<void> => {
    try {
      await all()
      for (const w of workers) w.unref()
    } catch (cause) {
      await stop()
      throw new Error(`wasm: a compute thread failed: ${cause instanceof Error ? cause.message : cause}`, { cause })
    }
  }
  await finish()
  return {
    run: () => {
      for (const w of workers) {
        w.ref()
        w.postMessage('run')
      }
      return finish()
    },
    stop,
  }
}
