/** AdamW, as a chain. */
import { type Adam, addDecayedWeights, scaleByAdam, scaleByLearningRate } from './links.ts'
import { chain, type Optimiser } from './optimiser.ts'
import type { OptimiserKind } from './optimiserKind.ts'
import type { Rate } from './schedule.ts'

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

export const adamwKind: OptimiserKind = {
  name: 'adamw',
  help: 'AdamW',
  make: ({ learningRate, beta1, beta2, eps, weightDecay }) => adamw({ learningRate, beta1, beta2, eps, weightDecay }),
}
