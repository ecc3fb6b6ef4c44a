/**
 * Respacing of ADM and DiT by "ddim50": timesteps 0, r, 2 r, ... below T with the smallest whole stride r that gives exactly n of
 * them. For some n there is none, which `space_timesteps` of guided-diffusion refuses too.
 */
import { spacing } from './spacing.ts'

/** Timesteps 0, r, 2 r, ... below T, n of them by a whole stride r (ADM's "ddim50"). */
export const ddimSpacing = spacing(
  'ddim',
  (n, total) => {
    // the smallest stride of at most n timesteps
    const stride = Math.ceil(total / n)
    return Math.ceil(total / stride) === n ? Array.from({ length: n }, (_, i) => i * stride) : null
  },
  'a number that a whole stride gives',
)
