/** How numbers stand between the pixels of a picture: weights of the pixels about a place by their distance from it. */

/** A kernel for pixels one apart. */
export interface Kernel {
  /** Pixels farther away do not count. */
  readonly radius: number
  /** The weight of a pixel at a distance, even in it. */
  readonly weight: (distance: number) => number
}

/** Between two pixels linear, and so bilinear in a picture: the error is of second order in the pixel's size. */
export const linear: Kernel = { radius: 1, weight: (d) => 1 - Math.abs(d) }

/**
 * Keys' cubic convolution (1981) with a = -1/2, through the pixels themselves: the error is of third order, so that a picture
 * loses less of its fine detail than bilinearly.
 */
export const cubic: Kernel = {
  radius: 2,
  weight: (distance) => {
    const d = Math.abs(distance)
    return d <= 1 ? 1 + d * d * (1.5 * d - 2.5) : 2 + d * (-4 + d * (2.5 - 0.5 * d))
  },
}
