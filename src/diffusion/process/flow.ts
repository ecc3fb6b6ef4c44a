/**
 * Rectified flow (Liu et al. 2023; flow matching with straight paths, Lipman et al. 2023): x_t = (1 - t) y + t n, and the network
 * predicts the velocity n - y. In EDM's frame x = x_t / (1 - t), so t = sigma / (1 + sigma) and sigma = t / (1 - t).
 *
 * The network is told 1000 t, as in Stable Diffusion 3 (Esser et al. 2024), so that the sinusoids of the time see the range
 * for which they were made. Its range is EDM's, sigma 80 to 0.002, which is t = 0.988 to 0.002: at t = 1 sigma is infinite, and
 * times so near to 1 are hardly ever drawn in training (`logitNormal`), while of an image of deviation 0.5 nothing is seen at
 * t = 0.988 already.
 */
import { edmRange } from '../schedule/schedule.ts'
import type { Process } from './process.ts'

const timeScale = 1000

/** The noise level of a time t in (0, 1), t / (1 - t). */
export const sigmaOfTime = (t: number): number => t / (1 - t)

/** The time in (0, 1) of a noise level, sigma / (1 + sigma). */
export const timeOfSigma = (sigma: number): number => sigma / (1 + sigma)

/** Rectified flow, which predicts the velocity n - y between image and noise. */
export const flow: Process = {
  name: 'flow',
  noising: (sigma) => ({ image: 1 / (1 + sigma), noise: timeOfSigma(sigma) }),
  target: () => ({ image: -1, noise: 1 }),
  weight: () => 1,
  denoised: (sigma) => ({ skip: 1 / (1 + sigma), out: -timeOfSigma(sigma) }),
  time: (sigma) => timeScale * timeOfSigma(sigma),
  range: edmRange,
}
