/** A prepared kernel: a descriptor for a function of the module, and how its work divides. */
import type { WalkName } from './microkernel.ts'

/** Constant words of a plan; equal keys share one place. Returns an address in bytes. */
export type Place = (key: string, words: () => readonly number[]) => number

/** A parallel loop over cells, followed by a barrier, that uses the descriptor of the kernel that it prepares. */
export interface Pass {
  readonly fn: string
  readonly extent: number
  /** Multiply-accumulates of one cell, or the equivalent. */
  readonly work: number
}

export interface Prepared extends Pass {
  /** The descriptor, with the kernel's part of the pack area at `packed`. */
  readonly words: (packed: number) => readonly number[]
  readonly before: readonly Pass[]
  /** Rows of the region that no claim may divide. */
  readonly must: number
  /** A claim should hold a multiple of this many rows; and at least as many, if `firm`. */
  readonly unit: number
  readonly firm: boolean
  /** Bytes of the pack area, and of every thread's scratch. */
  readonly packBytes: number
  readonly scratch: number
  /** Microkernels that it calls. */
  readonly walks: readonly WalkName[]
}
