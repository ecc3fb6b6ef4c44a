/** The network predicts the clean image y itself: D = F. */
import type { Prediction } from './prediction.ts'

/** The clean image. */
export const samplePrediction: Prediction = {
  name: 'sample',
  help: 'the clean image',
  target: () => ({ image: 1, noise: 0 }),
  denoised: () => ({ skip: 0, out: 1 }),
}
