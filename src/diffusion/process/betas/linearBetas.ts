/**
 * Betas evenly spaced from 0.0001 to 0.02 (Ho et al. 2020, section 4), which are those of T = 1000. For another T they are
 * multiplied by 1000 / T, as ADM does (Dhariwal and Nichol 2021), so that alpha-bar ends near the same value; diffusers keeps
 * the two ends for every T.
 */
import { betaSchedule, between } from './betaSchedule.ts'

/** Betas from 0.0001 to 0.02 in equal steps (Ho et al. 2020), times 1000 / T. */
export const linearBetas = betaSchedule(
  'linear',
  '0.0001 to 0.02',
  (t, timesteps) => (1000 / timesteps) * between(0.0001, 0.02, t, timesteps),
)
