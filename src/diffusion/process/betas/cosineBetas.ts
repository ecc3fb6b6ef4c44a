/**
 * The cosine schedule (Nichol and Dhariwal 2021, Eq. 17): alpha-bar(u) = cos^2((u + s) / (1 + s) pi / 2) with s = 0.008, for any
 * T; the last beta is cut to 0.999. diffusers calls it `squaredcos_cap_v2`.
 */
import { fromAlphaBar } from './betaSchedule.ts'

const offset = 0.008

/** alpha-bar falls as a squared cosine (Nichol and Dhariwal 2021). */
export const cosineBetas = fromAlphaBar(
  'cosine',
  'alpha-bar a squared cosine',
  (u) => Math.cos((((u + offset) / (1 + offset)) * Math.PI) / 2) ** 2,
)
