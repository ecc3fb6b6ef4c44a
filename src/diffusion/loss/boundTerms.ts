/**
 * What the variational bound of a learned variance takes from the noise level of an image, as numbers (Nichol and Dhariwal 2021,
 * section 3.1; Ho et al. 2020, Eq. 5 to 7), computed on the host in float64. The variance lies between beta and the posterior's,
 * beta-tilde, and the difference of the two means is a multiple of F - target, because both means differ in the clean image only:
 * with D = skip x + out F it is image (D - y) = image out (F - target), where `image` is the posterior's coefficient.
 */
import { at } from '../../tensor/axes.ts'
import { posterior } from '../process/posterior.ts'
import type { Process } from '../process/process.ts'
import { timestepAt } from '../process/timestepAt.ts'

/** The terms of an image, in the order of the feed `bound`. */
export interface BoundTerms {
  /** ln of the posterior's variance beta-tilde; that of timestep 1 at timestep 0, whose own is 0. */
  readonly lowest: number
  /** ln beta. */
  readonly highest: number
  /** The factor of F - target in the difference of the means. */
  readonly error: number
  /** 1 at timestep 0, whose term is the likelihood of the image itself; else 0. */
  readonly decoder: number
  /** T / 1000, the factor of the bound in the hybrid loss, over the images of an update. */
  readonly factor: number
}

/** The number of terms of an image. */
export const boundSize = 5

/** With T timesteps the mean of T vb_t over t is the bound; 0.001 of it is the published share in the hybrid loss. */
const share = 0.001

/**
 * The terms of a noise level.
 * A RangeError for a process without timesteps, and for a level that is none of them.
 * @param whole images of an update
 */
export const boundTerms = (
  { name, range: { timesteps: sigmas }, denoised }: Pick<Process, 'name' | 'range' | 'denoised'>,
  sigma: number,
  whole: number,
): BoundTerms => {
  if (sigmas === undefined)
    throw new RangeError(
      `a learned variance needs timesteps, but the process "${name}" has none: expected a discrete process`,
    )
  const t = timestepAt(sigmas)(sigma)
  if (at(sigmas, Math.floor(t)) !== sigma)
    throw new RangeError(
      `a learned variance needs timesteps, but the noise level ${sigma} is none: expected noise "timesteps"`,
    )
  const before = (i: number): number => (i === 0 ? 0 : at(sigmas, i - 1))
  const own = posterior(sigma, before(t))
  const { variance } = t === 0 ? posterior(at(sigmas, 1), at(sigmas, 0)) : own
  return {
    lowest: Math.log(variance),
    highest: Math.log(own.beta),
    error: own.image * denoised(sigma).out,
    decoder: t === 0 ? 1 : 0,
    factor: (share * sigmas.length) / whole,
  }
}
