/** A sum of the clean image y and of the noise n. */

/** Factors of the clean image y and of the noise n in a sum of the two. */
export interface Mixture {
  readonly image: number
  readonly noise: number
}
