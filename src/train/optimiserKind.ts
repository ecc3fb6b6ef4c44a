/** A kind of optimiser as a setting names it: one value beside the optimiser itself, listed by optimisers.ts. */
import type { Leaf } from '../nn/spec.ts'
import type { Optimiser } from './optimiser.ts'
import type { Schedule } from './schedule.ts'

/** What optimisers are made from; each takes what it needs. */
export interface OptimiserSettings {
  readonly learningRate: Schedule
  /** The highest learning rate of matrices, where they have a rate of their own (Muon); it follows the same schedule. */
  readonly matrixLearningRate: number
  readonly peak: number
  /** Momentum of matrices, and their decoupled weight decay, where they have their own (Muon). */
  readonly matrixMomentum: number
  readonly matrixWeightDecay: number
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  readonly weightDecay: number
  /** The matrices side by side in a parameter inside of the network; 0 for any other parameter. */
  readonly matrices: (leaf: Leaf) => number
}

/** An optimiser that settings can name: its name, one line of help, and how it is made. */
export interface OptimiserKind {
  readonly name: string
  /** One line for `--help`. */
  readonly help: string
  readonly make: (c: OptimiserSettings) => Optimiser
}
