/** Stochastic gradient descent, as a chain. */
import { type Momentum, momentum, scaleByLearningRate } from './links.ts'
import { chain, type Optimiser } from './optimiser.ts'
import type { OptimiserKind } from './optimiserKind.ts'
import type { Rate } from './schedule.ts'

export interface Sgd extends Momentum {
  readonly learningRate: Rate
}

/** Stochastic gradient descent with momentum, PyTorch's SGD; no momentum without `decay`. */
export const sgd = ({ learningRate, decay = 0, ...rest }: Sgd): Optimiser =>
  decay === 0
    ? scaleByLearningRate(learningRate)
    : chain(momentum({ decay, ...rest }), scaleByLearningRate(learningRate))

export const sgdKind: OptimiserKind = {
  name: 'sgd',
  help: 'stochastic gradient descent with Nesterov momentum beta1',
  make: ({ learningRate, beta1 }) => sgd({ learningRate, decay: beta1, nesterov: true }),
}
