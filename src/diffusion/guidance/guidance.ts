/**
 * Classifier-free guidance (Ho and Salimans 2022): D = D_u + w (D_c - D_u), from the answer without the label to the one
 * with it and beyond. Because eps = (x - D) / s, it is the same with the same w in terms of eps.
 *
 * Laws: w = 1 is the conditional answer, w = 0 the unconditional one; the difference from D_u grows with w.
 */
import { element } from '../../codec/element.ts'
import type { DenoiseEach, NoisyImage } from '../denoiser.ts'

/** The two answers that guidance is between, each of the size of x. */
export interface TwoAnswers {
  readonly unconditional: Float64Array
  readonly conditional: Float64Array
}

/** Classifier-free guidance (Ho and Salimans 2022) of scale w: u + w (c - u), elementwise; 1 is none. */
export const guide =
  (w: number) =>
  ({ unconditional, conditional }: TwoAnswers): Float64Array =>
    conditional.map((c, i) => {
      const u = element(unconditional, i)
      return u + w * (c - u)
    })

/** How images are guided. */
export interface Guidance {
  /** The scale of image i, of those that are denoised together, at a noise level; exactly 1 is none. */
  readonly scale: (image: number, sigma: number) => number
  /** Whether an element of an image [h, w, c] is guided; those that are not keep the answer with the label. */
  readonly guides: (element: number) => boolean
}

/**
 * A denoiser of labelled images, guided: it asks for an image twice, with its label and without, one after the other, so that a
 * batch holds both. One that is not guided (its scale is 1, or it has no label) is asked for once, as if there
 * were no guidance. The variance is that of the answer with the label: guidance is of the mean only, as in GLIDE and DiT.
 */
export const guided =
  (denoise: DenoiseEach, { scale, guides }: Guidance): DenoiseEach =>
  async (images, sigma) => {
    const scales = images.map(({ label }, i) => (label === null ? 1 : scale(i, sigma)))
    const places = images.map((_, i) => i)
    // pairs first: with batches of an even size none of them is divided
    const twice = places.filter((i) => scales[i] !== 1)
    const once = places.filter((i) => scales[i] === 1)
    const asked: readonly NoisyImage[] = [
      ...twice.flatMap((i) => [element(images, i), { image: element(images, i).image, label: null }]),
      ...once.map((i) => element(images, i)),
    ]
    const answers = await denoise(asked, sigma)
    const withGuidance = twice.map((i, pair) => {
      const answer = element(answers, 2 * pair)
      const { denoised: unconditional } = element(answers, 2 * pair + 1)
      const whole = guide(element(scales, i))({ unconditional, conditional: answer.denoised })
      return [i, { ...answer, denoised: whole.map((v, j) => (guides(j) ? v : element(answer.denoised, j))) }] as const
    })
    const without = once.map((i, k) => [i, element(answers, 2 * twice.length + k)] as const)
    return [...withGuidance, ...without].sort(([i], [j]) => i - j).map(([, denoised]) => denoised)
  }
