/** The optimisers that a setting can name. `train` takes an optimiser itself, so one that is not here works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import type { Leaf } from '../nn/spec.ts'
import { adamw, sgd } from './adamw.ts'
import { muon } from './muon.ts'
import type { Optimiser } from './optimiser.ts'
import { type Schedule, schedule } from './schedule.ts'
import { scheduleFreeAdamW } from './scheduleFree.ts'

/** What optimisers are made from; each takes what it needs. */
export interface OptimiserSettings {
  readonly learningRate: Schedule
  /** The highest learning rate of matrices, where they have a rate of their own (Muon); it follows the same schedule. */
  readonly matrixLearningRate: number
  readonly peak: number
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

const adamwKind: OptimiserKind = {
  name: 'adamw',
  help: 'AdamW',
  make: ({ learningRate, beta1, beta2, eps, weightDecay }) => adamw({ learningRate, beta1, beta2, eps, weightDecay }),
}

const sgdKind: OptimiserKind = {
  name: 'sgd',
  help: 'stochastic gradient descent with Nesterov momentum beta1',
  make: ({ learningRate, beta1 }) => sgd({ learningRate, decay: beta1, nesterov: true }),
}

const muonKind: OptimiserKind = {
  name: 'muon',
  help: 'Muon at matrix_learning_rate for matrices and convolutions, AdamW for the rest',
  make: ({ learningRate, matrixLearningRate, peak, matrices, ...c }) =>
    muon({
      learningRate: schedule((images) => (matrixLearningRate / peak) * learningRate(images), learningRate.end),
      matrices,
      where: (leaf) => matrices(leaf) > 0,
      adamw: { learningRate, beta1: c.beta1, beta2: c.beta2, eps: c.eps, weightDecay: c.weightDecay },
    }),
}

const scheduleFreeKind: OptimiserKind = {
  name: 'schedule_free',
  help: 'schedule-free AdamW, whose own average is what samples are drawn from',
  make: ({ learningRate, beta1, beta2, eps, weightDecay }) =>
    scheduleFreeAdamW({ learningRate, beta1, beta2, eps, weightDecay }),
}

/** The table of optimisers that settings can name. */
export const optimisers = {
  adamw: adamwKind,
  sgd: sgdKind,
  muon: muonKind,
  schedule_free: scheduleFreeKind,
} as const satisfies Readonly<Record<string, OptimiserKind>>
/** The name of an optimiser of the table. */
export type OptimiserName = keyof typeof optimisers
export const optimiserNames = RR.keys(optimisers)
