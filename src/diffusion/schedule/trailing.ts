/**
 * diffusers' `trailing`: round(T - i T / n) - 1, so that the first step is at the noisiest timestep for every n (Lin et al. 2024,
 * "Common diffusion noise schedules and sample steps are flawed", Table 2).
 */
import { roundHalfEven, spacing } from './spacing.ts'

/** Timesteps from T - 1 down in steps of T / n, rounded (diffusers' `trailing`). */
export const trailing = spacing('trailing', (n, total) =>
  Array.from({ length: n }, (_, i) => roundHalfEven(total - i * (total / n)) - 1),
)
