/** AdamW and SGD, as chains. */
import { type Adam, addDecayedWeights, type Momentum, momentum, scaleByAdam, scaleByLearningRate } from './links.ts'
import { chain, type Optimiser } from './optimiser.ts'
import type { Rate } from './schedule.ts'

/** What `adamw` takes: Adam's numbers, a learning rate, and the weight decay (0.01 unless given). */
export interface AdamW extends Adam {
  readonly learningRate: Rate
  readonly weightDecay?: number
}

/**
 * AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101): theta' = theta - lr (Adam's update + decay theta). Defaults are
 * PyTorch's: betas 0.9 and 0.999, eps 1e-8, weight decay 0.01.
 */
export const adamw = ({ learningRate, weightDecay = 0.01, ...adam }: AdamW): Optimiser =>
  chain(scaleByAdam(adam), addDecayedWeights(weightDecay), scaleByLearningRate(learningRate))

/** What `sgd` takes: a learning rate, and momentum. */
export interface Sgd extends Momentum {
  readonly learningRate: Rate
}

/** Stochastic gradient descent with momentum, PyTorch's SGD; no momentum without `decay`. */
export const sgd = ({ learningRate, decay = 0, ...rest }: Sgd): Optimiser =>
  decay === 0
    ? scaleByLearningRate(learningRate)
    : chain(momentum({ decay, ...rest }), scaleByLearningRate(learningRate))
