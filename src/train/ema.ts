/**
 * The exponential moving average of the parameters, used for sampling. Its half-life is counted in images seen, and is
 * ramped up at first (EDM), so that short runs average over a fraction of their length.
 */
import { add, mul, type Tensor } from '../tensor/ops.ts'

/** An exponential moving average of the parameters, its half-life counted in images. */
export interface Ema {
  /** Images after which a value's weight is halved. */
  readonly halfLife: number
  /** Upper bound of the half-life, as a fraction of the images seen. */
  readonly ramp: number
}

/** The decay of an update of `batch` images, with `seen` images seen after it. */
export const emaDecay =
  ({ halfLife, ramp }: Ema) =>
  (seen: number, batch: number): number =>
    0.5 ** (batch / Math.max(1e-8, Math.min(halfLife, ramp * seen)))

/** The scalars of an update; they sum to 1. */
export const emaFeeds = (decay: number): { readonly emaKept: number; readonly emaNew: number } => ({
  emaKept: decay,
  emaNew: 1 - decay,
})

/** average' = decay average + (1 - decay) theta, [P]; the two scalars have shape []. */
export const averaged = (average: Tensor, theta: Tensor, kept: Tensor, fresh: Tensor): Tensor =>
  add(mul(average, kept), mul(theta, fresh))
