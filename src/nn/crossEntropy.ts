/** The cross-entropy of labels whose certainty is smoothed. Szegedy et al. (2016), section 7. */
import { refuse } from '../tensor/errors.ts'
import { configured, crossEntropy, logSoftmax, mean, mul, sub, type Tensor } from '../tensor/ops.ts'

/**
 * Cross-entropy of class scores and labels of which a share is spread evenly over all classes:
 * (1 - smoothing) crossEntropy + smoothing mean_k(-log softmax_k). Logits [..b, k], labels [..b], an index below k -> [..b]; its
 * mean is PyTorch's `cross_entropy` with `label_smoothing`. ShapeError where the smoothing is not in [0, 1).
 */
export const smoothedCrossEntropy = configured('smoothedCrossEntropy', (smoothing: number) => {
  if (!(smoothing >= 0 && smoothing < 1))
    return refuse(`smoothing ${smoothing}, expected a number of at least 0, below 1`)
  return (logits: Tensor, labels: Tensor): Tensor => {
    const own = crossEntropy(logits, labels)
    if (smoothing === 0) return own
    return sub(mul(own, 1 - smoothing), mul(mean(-1)(logSoftmax(-1)(logits)), smoothing))
  }
})
