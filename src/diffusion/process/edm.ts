/**
 * EDM's process (Karras et al. 2022, Table 1): D(x; s) = cSkip x + cOut F(cIn x, cNoise), where
 *
 *   cSkip = sd^2 / (s^2 + sd^2), cOut = s sd / sqrt(s^2 + sd^2), cIn = 1 / sqrt(s^2 + sd^2), cNoise = ln(s) / 4.
 *
 * The network's input cIn x and its target (y - cSkip x) / cOut have variance 1 for images of variance sd^2. The target is
 * expanded in y and n to avoid cancellation at small s. EDM weighs the squared error of D by 1 / cOut^2 (Eq. 8), which is
 * the squared error of F with weight 1.
 */
import { edmRange } from '../schedule/schedule.ts'
import type { Process } from './process.ts'

const rootOf = (sigma: number, sigmaData: number): number => Math.sqrt(sigma ** 2 + sigmaData ** 2)

/** The preconditioning of EDM (Karras et al. 2022, Table 1). */
export const edm = (sigmaData: number): Process => ({
  name: 'edm',
  noising: (sigma) => {
    const root = rootOf(sigma, sigmaData)
    return { image: 1 / root, noise: sigma / root }
  },
  target: (sigma) => {
    const root = rootOf(sigma, sigmaData)
    return { image: sigma / (sigmaData * root), noise: -sigmaData / root }
  },
  weight: () => 1,
  denoised: (sigma) => ({
    skip: sigmaData ** 2 / (sigma ** 2 + sigmaData ** 2),
    out: (sigma * sigmaData) / rootOf(sigma, sigmaData),
  }),
  time: (sigma) => Math.log(sigma) / 4,
  range: edmRange,
})
