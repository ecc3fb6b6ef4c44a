/**
 * A plan: what a backend compiles. Regions run one after another with a barrier between them; a plan does not specify
 * bytes, threads or devices.
 */
import type { Kernel } from './kernel.ts'

/** A row-major array of numbers. */
export interface Buffer {
  readonly name: string
  readonly size: number
}

/**
 * Kernels that are run depth-first over one parallel axis of `extent` rows: rows of different index never touch each
 * other's elements within a region, so a backend may take the rows in tiles, in any order, on any thread, and run all
 * kernels of a tile in order before the next tile. Every kernel of a region has exactly `extent` rows.
 */
export interface Region {
  readonly name: string
  readonly extent: number
  readonly kernels: readonly Kernel[]
}

export interface Slot {
  readonly name: string
  readonly buffer: number
  readonly shape: readonly number[]
  /** Of an index: it takes whole numbers from 0 that are less. */
  readonly below?: number
}

/** An input without a buffer: nothing that a plan computes depends on it. */
export type Ignored = Omit<Slot, 'buffer'>

/** What a backend compiles: buffers, inputs, outputs, state, and regions of kernels with their lifetimes. */
export interface Plan {
  readonly buffers: readonly Buffer[]
  /** All external inputs: per-run feeds and resident state. */
  readonly inputs: readonly Slot[]
  /** Inputs that the program declares but does not use: a feed for one is validated and dropped. */
  readonly ignored: readonly Ignored[]
  /** Values known at planning time; loaded once. */
  readonly constants: readonly { readonly buffer: number; readonly data: Float64Array }[]
  /** The outputs of a run. */
  readonly outputs: readonly Slot[]
  /** Names of the inputs that are state: after a run the buffer holds the next state, and nothing else touches it. */
  readonly state: readonly string[]
  readonly regions: readonly Region[]
  /** For every buffer the first and the last region that touches it, or null when it must outlive the run. */
  readonly lifetimes: readonly (readonly [first: number, last: number] | null)[]
}
