/**
 * AdamW (Loshchilov and Hutter 2019) and clipping by the global norm, each one pass over flat tensors [P]. Everything
 * that depends on the step is a scalar computed on the host in float64, so one plan serves every step.
 *
 * Law: a step with `hold` leaves parameters and moments unchanged, bit for bit.
 */
import {
  add,
  div,
  input,
  minimum,
  mul,
  ofRank,
  operation,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
} from '../tensor/ops.ts'

export interface AdamW {
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  readonly weightDecay: number
  /** The maximum gradient norm. */
  readonly clip: number
}

export interface Moments {
  readonly theta: Tensor
  readonly first: Tensor
  readonly second: Tensor
}

type ScalarName = 'clip' | 'shrink' | 'rate' | 'beta1' | 'rest1' | 'beta2' | 'rest2' | 'bias2' | 'eps'
export type Scalars<Name extends string> = Readonly<Record<Name, number>>

/** Scalars [1] as a backend takes them. */
export const fed = <Name extends string>(numbers: Scalars<Name>): Readonly<Record<string, Float64Array>> =>
  Object.fromEntries(Object.entries<number>(numbers).map(([name, x]) => [name, Float64Array.of(x)]))

/** The feeds of update number `update` (the first is 1), as PyTorch's AdamW computes them. */
export const adamwScalars = (c: AdamW, learningRate: number, update: number): Scalars<ScalarName> => ({
  clip: c.clip,
  shrink: 1 - learningRate * c.weightDecay,
  rate: learningRate / (1 - c.beta1 ** update),
  beta1: c.beta1,
  rest1: 1 - c.beta1,
  beta2: c.beta2,
  rest2: 1 - c.beta2,
  bias2: 1 / Math.sqrt(1 - c.beta2 ** update),
  eps: c.eps,
})

/** The feeds when gradients are only accumulated. */
export const hold = (c: AdamW): Scalars<ScalarName> => ({
  clip: c.clip,
  shrink: 1,
  rate: 0,
  beta1: 1,
  rest1: 0,
  beta2: 1,
  rest2: 0,
  bias2: 1,
  eps: c.eps,
})

/** sqrt(sum of squares) of [P], shape []; in two stages, so that each sum is short and the first is parallel. */
export const globalNorm = operation('globalNorm', (gradient: Tensor): Tensor => {
  const [n] = ofRank(gradient, 1, 'a gradient [P]')
  const width = n % 1024 === 0 ? 1024 : 1
  const rows = sum([1], { keep: true })(reshape([n / width, width])(square(gradient)))
  return sqrt(sum(rows))
})

const named = (): Readonly<Record<ScalarName, Tensor>> => ({
  clip: input('clip', []),
  shrink: input('shrink', []),
  rate: input('rate', []),
  beta1: input('beta1', []),
  rest1: input('rest1', []),
  beta2: input('beta2', []),
  rest2: input('rest2', []),
  bias2: input('bias2', []),
  eps: input('eps', []),
})

/**
 * m' = b1 m + (1-b1) g, v' = b2 v + (1-b2) g^2, theta' = (1 - lr decay) theta - lr m'/(1-b1^t) / (sqrt(v'/(1-b2^t)) + eps),
 * where g is the gradient times min(1, clip / (norm + 1e-6)), as PyTorch clips.
 */
export const adamw = (state: Moments, gradient: Tensor, norm: Tensor): Moments => {
  const s = named()
  const g = mul(gradient, minimum(div(s.clip, add(norm, 1e-6)), 1))
  const first = add(mul(s.beta1, state.first), mul(s.rest1, g))
  const second = add(mul(s.beta2, state.second), mul(s.rest2, square(g)))
  const direction = div(first, add(mul(sqrt(second), s.bias2), s.eps))
  return { theta: sub(mul(state.theta, s.shrink), mul(direction, s.rate)), first, second }
}

export interface Warmup {
  readonly peak: number
  /** Images over which the learning rate warms up linearly; 0 for no warm-up. */
  readonly images: number
}

/** The learning rate of an update, with `seen` images seen after it. */
export const learningRate =
  ({ peak, images }: Warmup) =>
  (seen: number): number =>
    images === 0 ? peak : peak * Math.min(1, seen / images)
