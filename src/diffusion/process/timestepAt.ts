/** Which timestep of a discrete process a noise level is. */
import { at } from '../../tensor/axes.ts'

/**
 * The timestep of a noise level, interpolated in the logarithm between its neighbours, as k-diffusion's `sigma_to_t`; 0 below
 * the first level, T - 1 above the last. The level of timestep i is exactly i.
 * @param sigmas of the timesteps 0, 1, ..., increasing
 */
export const timestepAt =
  (sigmas: readonly number[]) =>
  (sigma: number): number => {
    const last = sigmas.length - 1
    if (sigma <= at(sigmas, 0)) return 0
    if (sigma >= at(sigmas, last)) return last
    let [low, high] = [0, last]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (at(sigmas, middle) <= sigma) low = middle
      else high = middle
    }
    const [below, above] = [Math.log(at(sigmas, low)), Math.log(at(sigmas, high))]
    return low + (Math.log(sigma) - below) / (above - below)
  }
