/**
 * Betas whose square roots are evenly spaced, from 0.00085 to 0.012: those of latent diffusion (Rombach et al. 2022) and
 * diffusers' `scaled_linear` as Stable Diffusion is trained. For another T than 1000 they are multiplied by 1000 / T, as the
 * linear ones are.
 */
import { betaSchedule, between } from './betaSchedule.ts'

/** Betas from 0.00085 to 0.012 in equal steps of their roots (Rombach et al. 2022), times 1000 / T. */
export const scaledLinearBetas = betaSchedule(
  'scaled_linear',
  '0.00085 to 0.012, linear in the root',
  (t, timesteps) => (1000 / timesteps) * between(Math.sqrt(0.00085), Math.sqrt(0.012), t, timesteps) ** 2,
)
