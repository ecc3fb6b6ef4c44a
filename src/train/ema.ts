/**
 * The moving average of the parameters that sampling uses. Its half-life is counted in images seen, and grows with
 * them at first (EDM's ramp), so that short runs are averaged over a part of themselves.
 */
import { add, input, mul, type Tensor } from '../tensor/ops.ts'
import type { Scalars } from './optimiser.ts'

export interface Ema {
  /** Images after which an old value counts half. */
  readonly halfLife: number
  /** The half-life is at most this part of the images seen. */
  readonly ramp: number
}

/** The weight of the old average in an update of `batch` images after which `seen` images have been seen. */
export const emaDecay =
  ({ halfLife, ramp }: Ema) =>
  (seen: number, batch: number): number =>
    0.5 ** (batch / Math.max(1e-8, Math.min(halfLife, ramp * seen)))

export const emaScalars = (decay: number): Scalars<'emaKept' | 'emaNew'> => ({ emaKept: decay, emaNew: 1 - decay })

/** average' = decay average + (1 - decay) theta. */
export const averaged = (average: Tensor, theta: Tensor): Tensor =>
  add(mul(average, input('emaKept', [])), mul(theta, input('emaNew', [])))
