/**
 * The port: what a backend is. The only impure edge of the engine, asynchronous from end to end. A compiled plan is a
 * machine with state: run(feeds) maps (state, feeds) to (state, results), and the state stays on the backend.
 */
import type { Plan } from './plan.ts'

export type Numbers = Float32Array | Float64Array
export type Named = Readonly<Record<string, Numbers>>

/** Time spent in one kernel of the plan: milliseconds, the mean over the threads, summed over the runs so far. */
export interface KernelTime {
  readonly region: number
  /** Place within the region. */
  readonly kernel: number
  readonly milliseconds: number
}

export interface Executable {
  /**
   * Sets inputs or state by name; what is not written again keeps its value from run to run. State starts as zeros; an
   * input that was never given makes `run` fail.
   */
  readonly write: (values: Named) => Promise<void>
  /** Writes the feeds, runs the plan once, and gives its outputs (fresh copies). */
  readonly run: (feeds: Named) => Promise<Named>
  /** Copies inputs or state out by name. */
  readonly read: (names: readonly string[]) => Promise<Named>
  /** Times since the last call, one or more a kernel (packing counts apart); empty where a backend was not asked to profile. */
  readonly profile: () => Promise<readonly KernelTime[]>
  /** What computes, for people to read: the backend, the form of its kernels, its threads. */
  readonly description: string
  /** Bytes that the plan occupies on the backend. */
  readonly bytes: number
  /** Frees memory, threads and devices; using the executable afterwards is an error. */
  readonly dispose: () => Promise<void>
}

/** What one kernel stored: its elements in row-major order of the kernel's outer and kept axes. */
export interface Observed {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Numbers
}

export interface CompileOptions {
  readonly threads?: number
  readonly profile?: boolean
  /**
   * Keeps to IEEE's arithmetic where a faster way does not: each result follows from its own operands alone, so that a
   * NaN, an infinity or a huge number spreads no farther than the mathematics says. See "Arithmetic" in docs/backends.md.
   */
  readonly exact?: boolean
  /** Called after every kernel, in order, with a copy of what it stored (cpu only: the way to look at intermediates). */
  readonly observe?: (node: Observed) => void
}

/** What a machine can do at most, in 1e9 a second: for showing kernels beside it. */
export interface Limits {
  /** Floating-point operations, two a multiply-add. */
  readonly gflops: number
  /** Bytes read or written, from memory to memory. */
  readonly gigabytes: number
}

/** Bytes that can be had as things stand now; null where nothing says. */
export interface MemoryLimits {
  /** By everything that a plan keeps. */
  readonly plan: number | null
  /** By one of its buffers. */
  readonly buffer: number | null
}

/** What a backend takes and has. */
export interface Memory {
  readonly bytesPerNumber: 4 | 8
  /** Is it the machine's own memory, in which the program that feeds the backend lives too? */
  readonly ofHost: boolean
  /** Rejects as `compile` does where there is nothing to compute on. */
  readonly limits: () => Promise<MemoryLimits>
}

export interface Backend {
  readonly name: string
  /** What this backend computes in: f64 defines meaning, f32 is held to it by agreement laws. */
  readonly precision: 'f32' | 'f64'
  readonly memory: Memory
  /** Measures what so many threads can do together (other work on the machine lowers it); null where nothing says. */
  readonly limits: (threads: number) => Promise<Limits | null>
  /**
   * Rejects, as the executable's calls do, with a `BackendError` for whatever is no defect: a `Refusal`, `OutOfMemory`,
   * `BackendLost` (from then on every call but `dispose` gives the same one) or a `FeedError`.
   */
  readonly compile: (plan: Plan, options?: CompileOptions) => Promise<Executable>
}
