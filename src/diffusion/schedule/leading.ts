/**
 * diffusers' `leading`: every floor(T / n)-th timestep from 0 on, without its `steps_offset`, whose default is 0 (Stable Diffusion
 * sets 1). It is what DDIM and Stable Diffusion take; the first step is below the noisiest timestep.
 */
import { spacing } from './spacing.ts'

/** Timesteps 0, r, 2 r, ... with r = floor(T / n) (diffusers' `leading`). */
export const leading = spacing('leading', (n, total) => {
  const ratio = Math.floor(total / n)
  return Array.from({ length: n }, (_, i) => i * ratio)
})
