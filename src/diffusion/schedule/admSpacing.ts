/**
 * Respacing of ADM and DiT by one number, "250": `space_timesteps` of guided-diffusion with one section, n timesteps with an even
 * fractional stride from 0 to T - 1, rounded half to even. Positions are added up as there, so that ties fall the same way.
 */
import { roundHalfEven, spacing } from './spacing.ts'

/** Timesteps from 0 to T - 1 with the stride (T - 1) / (n - 1), rounded (ADM's "250"). */
export const admSpacing = spacing('adm', (n, total) => {
  const stride = (total - 1) / (n - 1)
  let place = 0
  return Array.from({ length: n }, () => {
    const taken = roundHalfEven(place)
    place += stride
    return taken
  })
})
