/** What a reconstruction costs: how it differs from its image, and how its latents differ from a standard normal. */
import { element } from '../codec/element.ts'
import type { Numbers } from '../plan/backend.ts'
import { abs, add, exp, mean, mul, square, sub, type Tensor } from '../tensor/ops.ts'

/** How much the mean absolute difference and the mean squared one count. */
export interface ReconstructionLoss {
  readonly name: string
  readonly help: string
  readonly absolute: number
  readonly squared: number
}

/** The table of reconstruction losses. */
export const reconstructionLosses = {
  mse: { name: 'mse', help: 'mean squared difference', absolute: 0, squared: 1 },
  l1: { name: 'l1', help: 'mean absolute difference', absolute: 1, squared: 0 },
  l1_mse: { name: 'l1_mse', help: 'the sum of both', absolute: 1, squared: 1 },
} as const satisfies Readonly<Record<string, ReconstructionLoss>>

/** The name of a reconstruction loss. */
export type ReconstructionLossName = keyof typeof reconstructionLosses
export const reconstructionLossNames = ['mse', 'l1', 'l1_mse'] as const satisfies readonly ReconstructionLossName[]

/** The loss of images y [b, h, w, c] for x of the same shape, a mean over all numbers, shape []. */
export const reconstructionLoss =
  ({ absolute, squared }: Pick<ReconstructionLoss, 'absolute' | 'squared'>) =>
  (y: Tensor, x: Tensor): Tensor => {
    const difference = sub(y, x)
    return mean(add(mul(abs(difference), absolute), mul(square(difference), squared)))
  }

/**
 * Of normal latents from the standard normal, a mean over all their numbers, shape []: (mean^2 + variance - 1 - log variance) / 2.
 * 0 where the mean is 0 and the variance 1, above it elsewhere. Kingma and Welling (2013), appendix B.
 */
export const klDivergence = (latentMean: Tensor, logVariance: Tensor): Tensor =>
  mean(mul(sub(add(square(latentMean), exp(logVariance)), add(logVariance, 1)), 0.5))

/** The same of numbers. */
export const klOfMoments = ({
  mean,
  logVariance,
}: {
  readonly mean: Numbers
  readonly logVariance: Numbers
}): number => {
  let sum = 0
  for (let i = 0; i < mean.length; i++) {
    const [m, v] = [element(mean, i), element(logVariance, i)]
    sum += (m * m + Math.exp(v) - 1 - v) / 2
  }
  return sum / mean.length
}
