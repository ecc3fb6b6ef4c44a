/**
 * Threads over one shared memory. The main thread only waits for messages, so that Ctrl-C and pages stay responsive.
 */
import { BackendLost, OutOfMemory, Refusal } from '../../src/plan/errors.ts'
import { host } from './host.ts'
import type { Job, Thread } from './hostPort.ts'
import type { Program } from './program.ts'
import { control } from './schedule.ts'

const page = 65536
export const mostBytes = 65536 * page

/** The maximum memory for one plan at present. */
export const availableBytes = (): number => Math.min(mostBytes, host.availableMemory() ?? mostBytes)

/**
 * Each has its own engine instance, so more threads than processors do not help, and thousands take minutes to start.
 */
export const mostThreads = (): number => Math.max(64, host.parallelism())

/** The number of threads requested; a Refusal if it is invalid. */
export const threadCount = (asked: number | undefined): number => {
  const [threads, most] = [asked ?? host.parallelism(), mostThreads()]
  if (Number.isInteger(threads) && threads >= 1 && threads <= most) return threads
  throw new Refusal(`wasm: ${threads} threads were asked for: expected a whole number from 1 to ${most}`)
}

/** A Refusal if threads cannot share memory, OutOfMemory if there is not enough. */
export const sharedMemory = (what: string, bytes: number): WebAssembly.Memory => {
  const why = host.unshared()
  if (why !== null) throw new Refusal(`wasm: ${why}`)
  const shortage = { what, needed: bytes, available: availableBytes(), where: 'wasm' }
  if (bytes > shortage.available) throw new OutOfMemory(shortage)
  const pages = Math.ceil(bytes / page)
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  } catch (cause) {
    throw new OutOfMemory(shortage, { cause })
  }
}

/** Shared memory initialised with the program's words. */
export const createMemory = (program: Program, threads: number): WebAssembly.Memory => {
  const memory = sharedMemory('the plan', program.bytes(threads))
  const words = new Int32Array(memory.buffer)
  for (const { address, values } of program.words) words.set(values, address / 4)
  words[control.threads / 4] = threads
  return memory
}

export interface Threads {
  /** Runs the whole plan once on every thread. */
  readonly run: () => Promise<void>
  /** The error with which every later `run` rejects; null while all threads live. */
  readonly loss: () => BackendLost | null
  readonly stop: () => Promise<void>
}

/** If one thread is lost the others, which would wait for it for ever, are stopped too. */
export const startThreads = async (jobs: readonly Job[]): Promise<Threads> => {
  const threads: Thread[] = []
  const lost = Promise.withResolvers<never>()
  let loss: BackendLost | null = null
  const stop = async (): Promise<void> => {
    await Promise.all(threads.map((t) => t.stop()))
  }
  const lose = (thread: number, why: string): void => {
    if (loss !== null) return
    const error = new BackendLost('wasm', `compute thread ${thread + 1} of ${jobs.length}`, why)
    loss = error
    const reject = (): void => lost.reject(error)
    stop().then(reject, reject)
  }
  // rejects pending runs
  lost.promise.catch(() => undefined)
  const all = async (answer: (t: Thread) => Promise<void>): Promise<void> => {
    if (loss !== null) return lost.promise
    await Promise.race([lost.promise, Promise.all(threads.map(answer))])
  }
  for (const [i, job] of jobs.entries()) {
    if (loss !== null) break
    try {
      threads.push(host.start(job, (why) => lose(i, why)))
    } catch (error) {
      lose(i, error instanceof Error ? error.message : String(error))
    }
  }
  await all((t) => t.ready)
  return { run: () => all((t) => t.run()), loss: () => loss, stop }
}
