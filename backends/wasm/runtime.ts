/** Threads over one shared memory. The main thread only waits for messages, so that Ctrl-C and pages stay alive. */
import { Refusal } from '../../src/lower/errors.ts'
import { host } from './host.ts'
import type { Job, Thread } from './hostPort.ts'
import type { Program } from './program.ts'
import { control } from './schedule.ts'

const page = 65536
export const mostBytes = 65536 * page

/** A Refusal where threads cannot share memory. */
export const sharedMemory = (bytes: number, most: number): WebAssembly.Memory => {
  const why = host.unshared()
  if (why !== null) throw new Refusal(`wasm: ${why}`)
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / page), maximum: Math.ceil(most / page), shared: true })
}

/** Shared memory with the program's words in it; an Error that names the bytes if it is too large. */
export const createMemory = (program: Program, threads: number): WebAssembly.Memory => {
  const bytes = program.bytes(threads)
  const refuse = (cause?: unknown): never => {
    throw new Error(`wasm: the plan needs ${bytes} bytes of memory; the limit is ${mostBytes} bytes (4 GiB)`, { cause })
  }
  if (bytes > mostBytes) refuse()
  const create = (): WebAssembly.Memory => {
    try {
      return sharedMemory(bytes, mostBytes)
    } catch (cause) {
      if (cause instanceof Refusal) throw cause
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

export const startThreads = async (jobs: readonly Job[]): Promise<Threads> => {
  const threads = jobs.map(host.start)
  const stop = async (): Promise<void> => {
    await Promise.all(threads.map((t) => t.stop()))
  }
  /** Resolves when every thread has; stops them all when one fails. */
  const all = async (answer: (t: Thread) => Promise<void>): Promise<void> => {
    try {
      await Promise.all(threads.map(answer))
    } catch (cause) {
      await stop()
      throw new Error(`wasm: a compute thread failed: ${cause instanceof Error ? cause.message : cause}`, { cause })
    }
  }
  await all((t) => t.ready())
  return { run: () => all((t) => t.run()), stop }
}
