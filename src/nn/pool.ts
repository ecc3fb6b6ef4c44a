/** Pooling of images: over windows, by `avgPool` and `maxPool` of the tensors, and over all pixels. */
import { mean, ofRank, operation, type Tensor } from '../tensor/ops.ts'

/** The mean of all pixels: [b, h, w, c] -> [b, c]; AdaptiveAvgPool2d(1) of PyTorch, without axes of size 1. */
export const globalAveragePool = operation('globalAveragePool', (x: Tensor): Tensor => {
  ofRank(x, 4, 'an image [b, h, w, c]')
  return mean([1, 2])(x)
})
