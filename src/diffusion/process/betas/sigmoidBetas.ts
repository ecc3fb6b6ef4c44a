/**
 * The sigmoid schedule of Jabri et al. 2022 (also Chen 2023, section 2) with start -3, end 3 and tau 1, for any T: alpha-bar(u) is
 * proportional to sigmoid(3) - sigmoid(6 u - 3), which falls from 1 to 0; the last beta is cut to 0.999. It is not diffusers'
 * `sigmoid`, whose betas are a sigmoid.
 */
import { fromAlphaBar } from './betaSchedule.ts'

const [start, end] = [-3, 3]
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** alpha-bar falls as a sigmoid from -3 to 3 (Jabri et al. 2022). */
export const sigmoidBetas = fromAlphaBar(
  'sigmoid',
  'alpha-bar a sigmoid from -3 to 3',
  (u) => sigmoid(end) - sigmoid(start + u * (end - start)),
)
