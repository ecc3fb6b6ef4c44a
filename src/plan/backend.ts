/**
 * The backend interface: the only impure edge of the engine, fully asynchronous. A compiled plan has state: run(feeds) maps
 * (state, feeds) to (state, results), and the state stays on the backend.
 */
import type { Nest } from './kernel.ts'
import type { Plan } from './plan.ts'

/** Row-major numbers, in the precision of whoever made them. */
export type Numbers = Float32Array | Float64Array
/** Row-major numbers by name. */
export type Named = Readonly<Record<string, Numbers>>

/** Time spent in one kernel of the plan: milliseconds, averaged over the threads, summed over the runs so far. */
export interface KernelTime {
  readonly region: number
  /** Index within the region. */
  readonly kernel: number
  readonly milliseconds: number
}

/** A compiled plan with its state, which stays on the backend: write, run, read, dispose. */
export interface Executable {
  /**
   * Sets inputs or state by name; values persist from run to run until written again. State is initially zero; `run` fails
   * if an input was never given.
   */
  readonly write: (values: Named) => Promise<void>
  /** Writes the feeds, runs the plan once, and returns its outputs (fresh copies). */
  readonly run: (feeds: Named) => Promise<Named>
  /** Copies inputs or state out by name. */
  readonly read: (names: readonly string[]) => Promise<Named>
  /** Times since the last call, one or more per kernel (packing is separate); empty if profiling was not requested. */
  readonly profile: () => Promise<readonly KernelTime[]>
  /** Human-readable: the backend, its kernel variant, its threads. */
  readonly description: string
  /** Bytes that the plan occupies on the backend. */
  readonly bytes: number
  /** Frees memory, threads and devices; using the executable afterwards is an error. */
  readonly dispose: () => Promise<void>
}

/** The result of one kernel: its elements in row-major order of the kernel's outer and kept axes. */
export interface Observed {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Numbers
  /** The kernel as loops around an expression. */
  readonly nest: Nest
  /** An element of a buffer as the kernel read it; valid until the observer returns. */
  readonly element: (buffer: number, place: number) => number
}

/** How to compile: threads, profiling, exact arithmetic, observation. */
export interface CompileOptions {
  /** At most so many threads of the host; results do not depend on it. `cpu` and `gpu` compute with one. */
  readonly threads?: number
  readonly profile?: boolean
  /**
   * Called while code is compiled for a device, which may take seconds: pieces that are done, and all. A backend that compiles
   * at once never calls it.
   */
  readonly compiling?: (done: number, all: number) => void
  /**
   * Keeps to IEEE arithmetic where a faster method does not: each result depends on its own operands only, so that a NaN, an
   * infinity or a huge number propagates no farther than in exact arithmetic. See "Arithmetic" in docs/backends.md.
   */
  readonly exact?: boolean
  /** Called after every kernel, in order, with a copy of its result. Backends that cannot do it refuse to compile: cpu can. */
  readonly observe?: (node: Observed) => void
}

/** A machine's peak rates, in 1e9 per second, for comparison with kernels. */
export interface Limits {
  /** Floating-point operations, two per multiply-add. */
  readonly gflops: number
  /** Bytes read or written, from memory to memory. */
  readonly gigabytes: number
}

/** Bytes available at present; null if unknown. */
export interface MemoryLimits {
  /** For a plan in total. */
  readonly plan: number | null
  /** For one of its buffers. */
  readonly buffer: number | null
}

/** A backend's use of memory, and what is available. */
export interface Memory {
  readonly bytesPerNumber: 4 | 8
  /** Whether it is host memory, shared with the program that feeds the backend. */
  readonly ofHost: boolean
  /** Rejects as `compile` does if there is no device. */
  readonly limits: () => Promise<MemoryLimits>
}

/** What compiles plans: `cpu`, `wasm`, `gpu`, `webgpu` of `diffit/backends`, or one of your own. */
export interface Backend {
  readonly name: string
  /** The backend's precision: f64 is the reference, f32 is compared with it by agreement laws. */
  readonly precision: 'f32' | 'f64'
  readonly memory: Memory
  /** Measures the peak of this many threads together (other work on the machine lowers it); null if unknown. */
  readonly limits: (threads: number) => Promise<Limits | null>
  /**
   * Rejects, as the executable's calls do, with a `BackendError` for anything that is not a bug: a `Refusal`, `OutOfMemory`,
   * `BackendLost` (every later call but `dispose` rejects with the same error) or a `FeedError`.
   */
  readonly compile: (plan: Plan, options?: CompileOptions) => Promise<Executable>
}
