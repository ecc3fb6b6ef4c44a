/** The network predicts the velocity v = a n - b y (Salimans and Ho 2022, section 4): D = a x_t - b F = a^2 x - b F. */
import type { Prediction } from './prediction.ts'

const imageFactor = (sigma: number): number => 1 / Math.hypot(1, sigma)

/** The velocity a n - b y. */
export const vPrediction: Prediction = {
  name: 'v_prediction',
  help: 'the velocity a n - b y',
  target: (sigma) => {
    const a = imageFactor(sigma)
    return { image: -sigma * a, noise: a }
  },
  denoised: (sigma) => {
    const a = imageFactor(sigma)
    return { skip: a ** 2, out: -sigma * a }
  },
}
