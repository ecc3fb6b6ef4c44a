/**
 * What the network of a variance-preserving process predicts, as one value. With a = 1 / sqrt(1 + sigma^2) = sqrt(alphaBar) and
 * b = sigma a = sqrt(1 - alphaBar) the network sees x_t = a y + b n, and x = x_t / a is EDM's. Names are diffusers'.
 *
 * Laws: if the answer is the target, D is the clean image; predictions convert into one another (`converted`).
 */
import type { Mixture } from '../mixture.ts'

/** A prediction: its target, and the denoised image D = skip x + out F that follows from an answer F. */
export interface Prediction {
  readonly name: string
  /** One line for `--help`. */
  readonly help: string
  readonly target: (sigma: number) => Mixture
  readonly denoised: (sigma: number) => { readonly skip: number; readonly out: number }
}

/** An affine function of x and of an answer. */
interface OfAnswer {
  readonly x: number
  readonly answer: number
}

/**
 * What one prediction's answer F says in terms of another: x x + answer F is what the other would have answered. Both are told
 * apart from the clean image by D, and from the noise by (x - D) / sigma.
 *
 * An error e of F becomes one of |answer| e. From noise to the image that is sigma = sqrt((1 - alphaBar) / alphaBar), which grows
 * beyond all bounds where alpha-bar nears 0; from v to the image it is below 1; from the image to the noise it is 1 / sigma.
 */
export const converted =
  (from: Prediction, to: Prediction) =>
  (sigma: number): OfAnswer => {
    const { skip, out } = from.denoised(sigma)
    const { image, noise } = to.target(sigma)
    // y = skip x + out F and n = (x - y) / sigma
    const ofImage = image - noise / sigma
    return { x: noise / sigma + ofImage * skip, answer: ofImage * out }
  }
