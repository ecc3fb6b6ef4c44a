/** The network predicts the noise n (Ho et al. 2020, Eq. 11): D = x - sigma F. */
import type { Prediction } from './prediction.ts'

/** The noise n. */
export const epsilonPrediction: Prediction = {
  name: 'epsilon',
  help: 'the noise',
  target: () => ({ image: 0, noise: 1 }),
  denoised: (sigma) => ({ skip: 1, out: -sigma }),
}
