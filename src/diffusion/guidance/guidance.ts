/**
 * Classifier-free guidance (Ho and Salimans 2022): D = D_u + w (D_c - D_u), from the answer without the label to the one
 * with it and beyond. Because eps = (x - D) / s, it is the same with the same w in terms of eps.
 *
 * Laws: w = 1 is the conditional answer, w = 0 the unconditional one; the difference from D_u grows with w.
 */
import { element } from '../../codec/element.ts'
import type { DenoiseEach } from '../denoiser.ts'

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

/** A denoiser of labelled images, guided: it asks for each image with its label and without. The variance is D_c's. */
export const guided =
  (denoise: DenoiseEach, w: number): DenoiseEach =>
  async (images, sigma) => {
    const open = images.map(({ image }) => ({ image, label: null }))
    const answers = await denoise([...images, ...open], sigma)
    return images.map((_, i) => {
      const conditional = element(answers, i)
      const { denoised: unconditional } = element(answers, images.length + i)
      return { ...conditional, denoised: guide(w)({ unconditional, conditional: conditional.denoised }) }
    })
  }
