/**
 * The posterior of a variance-preserving process, q(x_u | x_t, y) of a less noisy level u given a noisier one t and the clean
 * image (Ho et al. 2020, Eq. 6 and 7), by the noise levels of the two in EDM's frame. With r = (sigma_u / sigma_t)^2,
 *
 *   beta     = (sigma_t^2 - sigma_u^2) / (1 + sigma_t^2)      = 1 - alphaBar_t / alphaBar_u
 *   image    = a_u (1 - r)                                   = sqrt(alphaBar_u) beta / (1 - alphaBar_t)
 *   state    = r a_u / a_t                                   = sqrt(1 - beta) (1 - alphaBar_u) / (1 - alphaBar_t)
 *   variance = a_u^2 sigma_u^2 (1 - r)                       = (1 - alphaBar_u) / (1 - alphaBar_t) beta
 *
 * without a difference of two numbers near 1. The two levels need not be neighbours, so it is that of a respaced process too.
 */

/** q(x_u | x_t, y) = N(image y + state x_t, variance), in the variance-preserving frame; `beta` is the step's own. */
export interface Posterior {
  readonly image: number
  readonly state: number
  readonly variance: number
  readonly beta: number
}

/**
 * The posterior of the level `to` given the level `from`.
 * @param from a noise level above 0
 * @param to a lower one, from 0 on: 0 is the clean image, with variance 0
 */
export const posterior = (from: number, to: number): Posterior => {
  const squareOf = { from: from ** 2, to: to ** 2 }
  const ratio = (to / from) ** 2
  const rest = ((from - to) * (from + to)) / squareOf.from
  const imageFactor = 1 / Math.hypot(1, to)
  return {
    image: imageFactor * rest,
    state: ratio * imageFactor * Math.hypot(1, from),
    variance: (squareOf.to / (1 + squareOf.to)) * rest,
    beta: (rest * squareOf.from) / (1 + squareOf.from),
  }
}
