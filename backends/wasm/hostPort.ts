/**
 * What the backend needs from its host. `host.ts` is for Node; `host.browser.ts` replaces it in bundles for browsers
 * (`browser/vite.config.ts`).
 */
import type { Machine } from './machine.ts'

/** What a compute thread runs. */
export interface Job {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly scratch: number
  readonly clocks: number
}

/** A compute thread, seen from outside. After its death only `stop` still resolves. */
export interface Thread {
  /** Resolves when the thread is ready for runs. */
  readonly ready: Promise<void>
  /** Runs its share of the plan once. */
  readonly run: () => Promise<void>
  readonly stop: () => Promise<void>
}

export interface Host {
  /** Threads that can run at once. */
  readonly parallelism: () => number
  /** An environment variable; undefined if it is unset or empty. */
  readonly environment: (name: string) => string | undefined
  /** Cached: neither the processor nor the engine changes. */
  readonly machine: () => Promise<Machine>
  /** Why threads cannot share memory, and what a user can do about it; null if they can. */
  readonly unshared: () => string | null
  /**
   * With the optimising compiler only, where the engine allows it; `wide`: with pairs of 128-bit operations widened.
   */
  readonly compile: (binary: Uint8Array<ArrayBuffer>, wide: boolean) => Promise<WebAssembly.Module>
  /** `died` is called, with the reason, whenever the thread fails or ends without having been stopped. */
  readonly start: (job: Job, died: (why: string) => void) => Thread
  /** Bytes still available to this process; null if unknown. */
  readonly availableMemory: () => number | null
}
