/** Levels evenly spaced in the logarithm, as k-diffusion's `get_sigmas_exponential`: sigmaMax (sigmaMin / sigmaMax)^u. */
import { schedule } from './schedule.ts'

/** Levels whose logarithms are evenly spaced: each is a constant factor below the one before. */
export const exponential = schedule('exponential', (u, { sigmaMin, sigmaMax }) => sigmaMax * (sigmaMin / sigmaMax) ** u)
