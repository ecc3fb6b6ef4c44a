/** What a kernel becomes: numbers for a function of the module, and how its work divides. */
import type { WalkName } from './microkernel.ts'

/** Constant words of a plan; equal keys share one place. Gives an address in bytes. */
export type Place = (key: string, words: () => readonly number[]) => number

/** A parallel loop over cells, with a barrier behind it, that uses the descriptor of the kernel that it prepares. */
export interface Pass {
  readonly fn: string
  readonly extent: number
  /** Multiply-accumulates of one cell, or what takes as long. */
  readonly work: number
}

export interface Prepared extends Pass {
  /** The descriptor, where the kernel's part of the pack area begins at `packed`. */
  readonly words: (packed: number) => readonly number[]
  readonly before: readonly Pass[]
  /** Rows of the region that no claim may take apart. */
  readonly must: number
  /** Rows that a claim should hold a multiple of; and at least so many, where `firm`. */
  readonly unit: number
  readonly firm: boolean
  /** Bytes of the pack area, and of every thread's scratch. */
  readonly packBytes: number
  readonly scratch: number
  /** Microkernels that it calls. */
  readonly walks: readonly WalkName[]
}
