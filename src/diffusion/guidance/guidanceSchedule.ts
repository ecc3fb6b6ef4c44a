/** How the scale of guidance follows the noise level, as one value: from the scale w that is asked for to that of a step. */

/** Where a denoiser is asked on the way from noise to an image. */
export interface GuidedLevel {
  /** The noise level. */
  readonly sigma: number
  /** The share of the way that is left, t / T: 1 at the first noise level, 0 at the end (`wayLeft`). */
  readonly left: number
}

/**
 * A schedule of guidance. Laws: a scale w of 1 is 1 at every level (1 is no guidance); every scale is between 1 and w.
 */
export interface GuidanceSchedule {
  readonly name: string
  /** What it does, in a few words. */
  readonly help: string
  /** The scale at a level, of a schedule that ends at w. Exactly 1 is no guidance: the unconditional answer is not computed. */
  readonly scale: (w: number, level: GuidedLevel) => number
}

/** What settings say of schedules; one that does not depend on something takes no notice of it. */
export interface GuidanceOptions {
  /** The exponent of `powerCosine`, positive. */
  readonly power: number
  /** The ends of `interval`, noise levels: 0 <= low < high. */
  readonly low: number
  readonly high: number
}

/** MDT's exponent, and every noise level. */
export const defaultGuidanceOptions: GuidanceOptions = { power: 4, low: 0, high: Number.POSITIVE_INFINITY }

/** A schedule by its options, as the rows of the table are. */
export interface GuidanceScheduleRow {
  readonly of: (options: GuidanceOptions) => GuidanceSchedule
  /** The options on which it depends. */
  readonly uses: readonly (keyof GuidanceOptions)[]
}
