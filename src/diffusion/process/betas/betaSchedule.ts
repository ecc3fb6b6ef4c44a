/**
 * The noise of a discrete process as one value: its betas, the variance that each of T timesteps adds (Ho et al. 2020, Eq. 2,
 * q(x_t | x_(t-1)) = N(sqrt(1 - beta_t) x_(t-1), beta_t)). Timesteps are counted from 0, as in ADM and diffusers: alpha-bar of
 * timestep t is the product of 1 - beta_0 to 1 - beta_t, so that timestep 0 is noised already.
 *
 * Laws: every beta is in (0, 0.999], so alpha-bar falls strictly and never reaches 0.
 */

/** The betas of T timesteps, by name. */
export interface BetaSchedule {
  readonly name: string
  /** One line for `--help`. */
  readonly help: string
  /** T betas, each in (0, 0.999]. A RangeError unless T is a whole number of at least 1. */
  readonly betas: (timesteps: number) => readonly number[]
}

/** The largest beta (Nichol and Dhariwal 2021, section 3.2): a beta of 1 would leave nothing of the image. */
export const largestBeta = 0.999

/** A schedule whose beta of timestep t of T is `beta(t, T)`, and at most 0.999. */
export const betaSchedule = (
  name: string,
  help: string,
  beta: (timestep: number, timesteps: number) => number,
): BetaSchedule => ({
  name,
  help,
  betas: (timesteps) => {
    if (!Number.isSafeInteger(timesteps) || timesteps < 1)
      throw new RangeError(`${name}: ${timesteps} is no number of timesteps, expected a whole number of at least 1`)
    return Array.from({ length: timesteps }, (_, t) => Math.min(beta(t, timesteps), largestBeta))
  },
})

/** n numbers from the first to the last, evenly spaced, as `numpy.linspace`: number i of n. */
export const between = (first: number, last: number, i: number, n: number): number =>
  n === 1 ? first : first + (i / (n - 1)) * (last - first)

/** A schedule by alpha-bar as a function of time u in [0, 1], up to a factor: beta_t = 1 - alphaBar((t + 1) / T) / alphaBar(t / T). */
export const fromAlphaBar = (name: string, help: string, alphaBar: (u: number) => number): BetaSchedule =>
  betaSchedule(name, help, (t, timesteps) => 1 - alphaBar((t + 1) / timesteps) / alphaBar(t / timesteps))

/** alpha-bar of each timestep, the product of 1 - beta up to it (Ho et al. 2020, Eq. 4), in float64. */
export const alphaBars = (betas: readonly number[]): readonly number[] => {
  let product = 1
  return betas.map((beta) => {
    product *= 1 - beta
    return product
  })
}

/**
 * The noise level of each timestep in EDM's frame, sqrt((1 - alphaBar) / alphaBar), increasing. Summed as logarithms, so that
 * the first, where alpha-bar is nearly 1, are as exact as the last.
 */
export const sigmasOf = (betas: readonly number[]): readonly number[] => {
  let log = 0
  return betas.map((beta) => {
    log -= Math.log1p(-beta)
    return Math.sqrt(Math.expm1(log))
  })
}
