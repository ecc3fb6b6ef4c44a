/** The links that optimisers are chained from; each is one pass over flat tensors [P]. */
import { add, div, minimum, mul, ofRank, operation, reshape, sqrt, square, sum, type Tensor } from '../tensor/ops.ts'
import { link, type Optimiser } from './optimiser.ts'
import { type Rate, scheduleOf } from './schedule.ts'

/** sqrt(sum of squares) of [P], shape []; in two stages, so that each sum is short and the first is parallel. */
export const globalNorm = operation('globalNorm', (gradient: Tensor): Tensor => {
  const [n] = ofRank(gradient, 1, 'a gradient [P]')
  const width = n % 1024 === 0 ? 1024 : 1
  const rows = sum([1], { keep: true })(reshape([n / width, width])(square(gradient)))
  return sqrt(sum(rows))
})

/** Updates times min(1, largest / (norm + 1e-6)), as PyTorch's `clip_grad_norm_`; updates below the norm stay as they are. */
export const clipByGlobalNorm = (largest: number): Optimiser =>
  link({
    name: 'clip',
    state: {},
    feeds: () => ({}),
    update: ({ updates }) => ({
      updates: mul(updates, minimum(div(largest, add(globalNorm(updates), 1e-6)), 1)),
      state: {},
    }),
  })

/** Decay rates of Adam's two moments, and the number added to the root of the second. */
export interface Adam {
  readonly beta1?: number
  readonly beta2?: number
  readonly eps?: number
}

/**
 * Adam (Kingma and Ba 2015, arXiv 1412.6980): m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2 and the update
 * m' / (1 - b1^t) / (sqrt(v' / (1 - b2^t)) + eps). Defaults are PyTorch's.
 */
export const scaleByAdam = ({ beta1 = 0.9, beta2 = 0.999, eps = 1e-8 }: Adam = {}): Optimiser =>
  link({
    name: 'adam',
    state: { m: 'zeros', v: 'zeros' },
    feeds: ({ updates: t }) => ({ bias1: 1 / (1 - beta1 ** t), bias2: 1 / Math.sqrt(1 - beta2 ** t) }),
    update: ({ updates: g, state, feeds }) => {
      const m = add(mul(state.m, beta1), mul(g, 1 - beta1))
      const v = add(mul(state.v, beta2), mul(square(g), 1 - beta2))
      const updates = div(mul(m, feeds.bias1), add(mul(sqrt(v), feeds.bias2), eps))
      return { updates, state: { m, v } }
    },
  })

/** How much of the momentum stays from update to update (0.9 unless given), and its form. */
export interface Momentum {
  readonly decay?: number
  /** Nesterov's form: the update looks one step ahead. */
  readonly nesterov?: boolean
}

/** Heavy-ball momentum, PyTorch's SGD: b' = decay b + g; the update is b', or g + decay b' in Nesterov's form. */
export const momentum = ({ decay = 0.9, nesterov = false }: Momentum = {}): Optimiser =>
  link({
    name: 'momentum',
    state: { trace: 'zeros' },
    feeds: () => ({}),
    update: ({ updates: g, state }) => {
      const trace = add(mul(state.trace, decay), g)
      return { updates: nesterov ? add(g, mul(trace, decay)) : trace, state: { trace } }
    },
  })

/** Decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101): updates + decay theta, before the learning rate. */
export const addDecayedWeights = (decay: number): Optimiser =>
  link({
    name: 'decay',
    state: {},
    feeds: () => ({}),
    update: ({ updates, theta }) => ({ updates: add(updates, mul(theta, decay)), state: {} }),
  })

/** Updates times minus the learning rate: the last link of most chains. */
export const scaleByLearningRate = (rate: Rate): Optimiser => {
  const at = scheduleOf(rate)
  return link({
    name: 'learningRate',
    state: {},
    feeds: ({ images }) => ({ step: -at(images) }),
    update: ({ updates, feeds }) => ({ updates: mul(updates, feeds.step), state: {} }),
    learningRate: ({ images }) => at(images),
    end: at.end,
  })
}
