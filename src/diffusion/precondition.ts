/**
 * EDM's preconditioning (Karras et al. 2022, Table 1): D(x; s) = cSkip x + cOut F(cIn x, cNoise), in float64 on the
 * host. F is the network; a backend only ever sees F's inputs and, in training, F's target.
 */

export interface Coefficients {
  readonly cSkip: number
  readonly cOut: number
  readonly cIn: number
  /** The network's time input, ln(s) / 4, passed unscaled to the time embedding. */
  readonly cNoise: number
}

export const precondition =
  (sigmaData: number) =>
  (sigma: number): Coefficients => {
    const total = sigma ** 2 + sigmaData ** 2
    return {
      cSkip: sigmaData ** 2 / total,
      cOut: (sigma * sigmaData) / Math.sqrt(total),
      cIn: 1 / Math.sqrt(total),
      cNoise: Math.log(sigma) / 4,
    }
  }

/**
 * The network's input and target in training, for a clean image y with noise n at noise level s:
 * input = cIn (y + s n), target = (y - cSkip (y + s n)) / cOut. The target is expanded to avoid cancellation at small s.
 * EDM's weight is 1 / cOut^2, so the weighted squared error of D is the unweighted squared error of F.
 */
export interface Pair {
  readonly input: readonly [ofImage: number, ofNoise: number]
  readonly target: readonly [ofImage: number, ofNoise: number]
}

export const trainingPair =
  (sigmaData: number) =>
  (sigma: number): Pair => {
    const root = Math.sqrt(sigma ** 2 + sigmaData ** 2)
    return { input: [1 / root, sigma / root], target: [sigma / (sigmaData * root), -sigmaData / root] }
  }
