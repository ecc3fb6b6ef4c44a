/**
 * What the backend needs of the program that runs it. `host.ts` is Node; `host.browser.ts` takes its place in what is
 * bundled for pages (`browser/vite.config.ts`).
 */
import type { Machine } from './machine.ts'

/** What a compute thread runs. */
export interface Job {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly scratch: number
  readonly clocks: number
}

/** A compute thread, seen from outside. Of one that has died no promise but `stop`'s resolves any more. */
export interface Thread {
  /** Resolves when the thread can take runs. */
  readonly ready: Promise<void>
  /** Runs its part of the plan once. */
  readonly run: () => Promise<void>
  readonly stop: () => Promise<void>
}

export interface Host {
  /** Threads that can run at once. */
  readonly parallelism: () => number
  /** An environment variable; undefined where it is not set or empty. */
  readonly environment: (name: string) => string | undefined
  /** Asked once: neither the processor nor the engine changes. */
  readonly machine: () => Promise<Machine>
  /** Why threads cannot share memory, and what a user can do about it; null where they can. */
  readonly unshared: () => string | null
  /** By the optimising compiler where the engine lets us choose; `wide`: with pairs of 128-bit operations widened. */
  readonly compile: (binary: Uint8Array<ArrayBuffer>, wide: boolean) => Promise<WebAssembly.Module>
  /** `died` is called, with the reason, whenever the thread fails or ends without having been told to. */
  readonly start: (job: Job, died: (why: string) => void) => Thread
  /** Bytes that this process can still take; null where nothing says. */
  readonly availableMemory: () => number | null
}
