/**
 * Levels at even times of rectified flow, t = sigma / (1 + sigma), as Stable Diffusion 3 without its shift and every flow sampler
 * with equal steps: sigma = t / (1 - t). For any process, since a time is a noise level.
 */
import { sigmaOfTime, timeOfSigma } from '../process/flow.ts'
import { schedule } from './schedule.ts'

/** Levels whose times t = sigma / (1 + sigma) are evenly spaced. */
export const evenTime = schedule('even_time', (u, { sigmaMin, sigmaMax }) => {
  if (u === 0) return sigmaMax
  return sigmaOfTime((1 - u) * timeOfSigma(sigmaMax) + u * timeOfSigma(sigmaMin))
})
