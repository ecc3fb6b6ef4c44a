/** diffusers' `linspace`: n timesteps evenly from 0 to T - 1, both included, rounded half to even. */
import { roundHalfEven, spacing } from './spacing.ts'

/** Timesteps evenly from 0 to T - 1 (diffusers' `linspace`). */
export const linspace = spacing('linspace', (n, total) =>
  Array.from({ length: n }, (_, i) => roundHalfEven(i * ((total - 1) / (n - 1)))),
)
