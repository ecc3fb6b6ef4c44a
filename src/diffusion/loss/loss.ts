/** A loss of the network's output F against its target: the mean over elements of a penalty of the error d = F - target. */
import { configured, mul, ofRank, sub, sum, type Tensor } from '../../tensor/ops.ts'
import { size } from '../../tensor/shape.ts'

/**
 * A penalty of the error of one element. Law: `pointwise` in a graph and `penalty` on the host are the same function.
 */
export interface Loss {
  readonly name: string
  /** The penalty of every error, in a graph: any shape -> the same shape. */
  readonly pointwise: (d: Tensor) => Tensor
  /** The penalty of one error, on the host. */
  readonly penalty: (d: number) => number
}

/**
 * Weighted sum over images of the mean penalty of their elements, shape []. F and target [b, h, w, c], weight
 * [b, 1, 1, 1]; with weights 1 / b it is the mean over everything. With EDM's process and `mse` it is Eq. 8 of Karras et al.
 * 2022. A tensor of another rank is a `ShapeError`.
 */
export const networkLoss = configured(
  'networkLoss',
  ({ pointwise }: Loss) =>
    (f: Tensor, target: Tensor, weight: Tensor): Tensor => {
      const [b] = ofRank(f, 4, 'images [b, h, w, c]')
      const elements = size(f.shape) / b
      const each = sum([1, 2, 3], { keep: true })(pointwise(sub(f, target)))
      return sum(mul(each, mul(weight, 1 / elements)))
    },
)
