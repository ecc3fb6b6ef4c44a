/**
 * Losses of the network's output F against its target: (D - y) / cOut = F - target, which is EDM's weighting (Karras et
 * al. 2022, Eq. 8 with lambda = 1 / cOut^2). `mse` is the squared error; `smooth_l1` is the Huber loss with delta 1:
 * quadratic below, linear above.
 */
import { abs, add, configured, maximum, minimum, mul, ofRank, square, sub, sum, type Tensor } from '../tensor/ops.ts'
import { size } from '../tensor/shape.ts'

export const lossNames = ['mse', 'smooth_l1'] as const
export type LossName = (typeof lossNames)[number]

/** The penalty of one error, on the host; `pointwise` is the same in a graph. */
export const penalty: Readonly<Record<LossName, (d: number) => number>> = {
  mse: (d) => d * d,
  smooth_l1: (d) => (Math.abs(d) < 1 ? 0.5 * d * d : Math.abs(d) - 0.5),
}

/** Huber without a branch: 0.5 min(|d|, 1)^2 + max(|d| - 1, 0). */
const pointwise: Readonly<Record<LossName, (d: Tensor) => Tensor>> = {
  mse: square,
  smooth_l1: (d) => add(mul(square(minimum(abs(d), 1)), 0.5), maximum(sub(abs(d), 1), 0)),
}

/**
 * Weighted sum over images of the mean penalty of their elements, shape []. F and target [b, h, w, c], weight
 * [b, 1, 1, 1]; with weights 1 / b it is the mean over everything.
 */
export const networkLoss = configured(
  'networkLoss',
  (name: LossName) =>
    (f: Tensor, target: Tensor, weight: Tensor): Tensor => {
      const [b] = ofRank(f, 4, 'images [b, h, w, c]')
      const elements = size(f.shape) / b
      const each = sum([1, 2, 3], { keep: true })(pointwise[name](sub(f, target)))
      return sum(mul(each, mul(weight, 1 / elements)))
    },
)
