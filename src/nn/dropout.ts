/** Dropout, whose mask is drawn on the host: a program has no randomness of its own. Srivastava et al. (2014). */
import { isRight } from 'fp-ts/lib/Either.js'
import { bernoulli, type Key } from '../random/key.ts'
import { refuse } from '../tensor/errors.ts'
import { configured, mul, type Tensor } from '../tensor/ops.ts'
import { broadcastShapes, sameShape, text } from '../tensor/shape.ts'

const within = (rate: number): boolean => rate >= 0 && rate < 1
const expected = (rate: number): string => `rate ${rate}, expected a number of at least 0, below 1`

/** n numbers, each 0 with probability rate, else 1: the feed of a mask. RangeError where the rate is not in [0, 1). */
export const dropoutMask = (key: Key, rate: number, n: number): Float64Array => {
  if (!within(rate)) throw new RangeError(`dropoutMask: ${expected(rate)}`)
  return Float64Array.from(bernoulli(key, rate, n), (dropped) => 1 - dropped)
}

/**
 * x [..s] and a mask of zeros and ones that broadcasts to x -> x / (1 - rate) where the mask is 1, else 0, so that the
 * expectation over masks is x; torch.nn.Dropout in training. Rate 0 with a mask of ones is the identity. Without dropout, as
 * in sampling, leave the layer out. ShapeError where the rate is not in [0, 1) or the mask does not broadcast to x.
 */
export const dropout = configured('dropout', (rate: number) => {
  if (!within(rate)) return refuse(expected(rate))
  return (x: Tensor, mask: Tensor): Tensor => {
    const shape = broadcastShapes(x.shape, mask.shape)
    return isRight(shape) && sameShape(shape.right, x.shape)
      ? mul(x, mul(mask, 1 / (1 - rate)))
      : refuse(`a mask ${text(mask.shape)}, expected one that broadcasts to ${text(x.shape)}`)
  }
})
