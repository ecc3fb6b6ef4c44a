/**
 * Min-SNR weights (Hang et al. 2023, arXiv 2303.09556, Eq. 7): the squared error of the clean image counts min(SNR, 5), so that
 * low noise, where the image is nearly known, does not outweigh all else.
 *
 * Here x = y + sigma n with images y of variance sd^2, so SNR = sd^2 / sigma^2, and the error of D = skip x + out F is out times
 * that of F. In units of sd, in which images have variance 1 as they have in the paper, the weight of F's squared error is
 *
 *   min(SNR, 5) out^2 / sd^2.
 *
 * EDM has out^2 = sigma^2 sd^2 / (sigma^2 + sd^2) = sd^2 / (1 + SNR), so its weight is min(SNR, 5) / (1 + SNR), which is the
 * paper's for v. Noise prediction has out = -sigma, so out^2 / sd^2 = 1 / SNR: min(SNR, 5) / SNR, as in the paper.
 *
 * The weights are divided by their mean over the noise levels of training, so that the loss and its gradient keep their size.
 */
import { fold, key } from '../../random/key.ts'
import type { Weighting } from './weighting.ts'

const gamma = 5

/** Levels over which the mean is taken; the relative error of the mean is about 1 %, the same in every run. */
const levels = 4096

/** min(SNR, 5) of the clean image's squared error, over its mean (Hang et al. 2023). */
export const minSnr: Weighting = {
  name: 'min_snr',
  help: 'min(SNR, 5) of the squared error of the clean image, over its mean',
  factor: ({ process, sigmaData, distribution }) => {
    const weight = (sigma: number): number =>
      Math.min((sigmaData / sigma) ** 2, gamma) * (process.denoised(sigma).out / sigmaData) ** 2
    const root = key(0)
    const sum = Array.from({ length: levels }, (_, i) => weight(distribution.draw(fold(root, i)))).reduce(
      (all, w) => all + w,
      0,
    )
    const mean = sum / levels
    return (sigma) => weight(sigma) / mean
  },
}
