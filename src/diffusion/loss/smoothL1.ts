/**
 * The Huber loss with delta 1 (Huber 1964): d^2 / 2 where |d| < 1, |d| - 1/2 elsewhere. In a graph without a branch:
 * 0.5 min(|d|, 1)^2 + max(|d| - 1, 0).
 */
import { abs, add, maximum, minimum, mul, square, sub } from '../../tensor/ops.ts'
import type { Loss } from './loss.ts'

/** d^2 / 2 where |d| < 1, else |d| - 1/2; torch.nn.SmoothL1Loss with beta 1. */
export const smoothL1: Loss = {
  name: 'smooth_l1',
  pointwise: (d) => add(mul(square(minimum(abs(d), 1)), 0.5), maximum(sub(abs(d), 1), 0)),
  penalty: (d) => (Math.abs(d) < 1 ? 0.5 * d * d : Math.abs(d) - 0.5),
}
