/**
 * The part of the hybrid loss that trains a variance (Nichol and Dhariwal 2021, section 3.1, as ADM computes it): vb_t, the timestep's
 * own term of the variational bound, in bits per dimension. The network answers 2 c channels, F and then v, and the log-variance is
 * frac ln beta + (1 - frac) ln beta-tilde with frac = (v + 1) / 2. The term is
 *
 *   t > 0: KL(q(x_(t-1) | x_t, y) || p(x_(t-1) | x_t)) of two Gaussians,
 *   t = 0: -ln p(y | x_0), the likelihood of one of 256 values of a pixel in [-1, 1] under a Gaussian about D,
 *
 * over ln 2. The mean is detached: v alone is trained by it, F by the simple loss.
 */
import {
  add,
  detach,
  div,
  exp,
  gt,
  log,
  lt,
  maximum,
  minimum,
  mul,
  ofRank,
  sigmoid,
  square,
  sub,
  sum,
  type Tensor,
  take,
  where,
} from '../../tensor/ops.ts'
import { size } from '../../tensor/shape.ts'

/** What the bound is made of: F, v, target and clean images [b, h, w, c], and the `BoundTerms` of each image [b, 1, 1, 5]. */
export interface Bounded {
  readonly f: Tensor
  readonly v: Tensor
  readonly target: Tensor
  readonly clean: Tensor
  readonly terms: Tensor
}

/** Half of the distance between two of 256 values in [-1, 1]. */
const half = 1 / 255
/** The smallest probability, as in ADM. */
const least = 1e-12
/** Beyond, the distribution below is 0 or 1 in float64 too; it is not computed there, or infinities would meet zeros. */
const saturated = 8

/** The standard normal distribution function by ADM's formula, (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. */
const normalBelow = (x: Tensor): Tensor => {
  const z = minimum(maximum(x, -saturated), saturated)
  return sigmoid(mul(mul(z, add(1, mul(square(z), 0.044715))), 2 * Math.sqrt(2 / Math.PI)))
}

/** ln of the probability of a pixel's own value, of half-infinite intervals at the two ends. */
const logLikelihood = (clean: Tensor, centred: Tensor, logVariance: Tensor): Tensor => {
  const inverse = exp(mul(logVariance, -0.5))
  const above = normalBelow(mul(inverse, add(centred, half)))
  const below = normalBelow(mul(inverse, sub(centred, half)))
  const logOf = (p: Tensor): Tensor => log(maximum(p, least))
  return where(lt(clean, -0.999), logOf(above), where(gt(clean, 0.999), logOf(sub(1, below)), logOf(sub(above, below))))
}

/** KL(N(0, exp low) || N(error, exp high)). */
const divergence = (error: Tensor, low: Tensor, high: Tensor): Tensor =>
  mul(add(add(sub(sub(high, low), 1), exp(sub(low, high))), mul(square(error), exp(mul(high, -1)))), 0.5)

/** Over images, the sum of factor vb_t, in bits per dimension, shape []. */
export const variationalBound = ({ f, v, target, clean, terms }: Bounded): Tensor => {
  const [b] = ofRank(f, 4, 'images [b, h, w, c]')
  const term = (i: number): Tensor => take(3, i, i + 1)(terms)
  const [lowest, highest, coefficient, decoder, factor] = [term(0), term(1), term(2), term(3), term(4)]
  const share = mul(add(v, 1), 0.5)
  const logVariance = add(lowest, mul(share, sub(highest, lowest)))
  const error = mul(sub(detach(f), target), coefficient)
  const nats = where(
    decoder,
    mul(logLikelihood(clean, mul(error, -1), logVariance), -1),
    divergence(error, lowest, logVariance),
  )
  return sum(mul(nats, div(factor, Math.LN2 * (size(f.shape) / b))))
}
