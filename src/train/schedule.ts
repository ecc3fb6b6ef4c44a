/**
 * Learning rates as functions of the images seen, the current update's included: never of steps or minutes, so that they do
 * not depend on the batch size, and the start of a run not on its planned length.
 */

/** A schedule that reaches its end (a decay to 0, say) declares the images of a whole run; others have no end. */
export interface Schedule {
  (images: number): number
  /** Images after which there is no rate; null if it goes on for ever. */
  readonly end: number | null
}

/** A rate that is the same for ever, or a schedule. */
export type Rate = number | Schedule

/** A schedule from a function of the images seen; `end` is the images of a whole run, null if it goes on for ever. */
export const schedule = (rate: (images: number) => number, end: number | null = null): Schedule =>
  Object.assign((images: number): number => rate(images), { end })

/** The same rate for ever. */
export const constant = (rate: number): Schedule => schedule(() => rate)

export const scheduleOf = (rate: Rate): Schedule => (typeof rate === 'number' ? constant(rate) : rate)

/** A peak, and the images over which the rate rises to it. */
export interface Warmup {
  readonly peak: number
  /** Images over which the rate rises linearly from 0; 0 for no warm-up. */
  readonly warmup: number
}

const rising = ({ peak, warmup }: Warmup, images: number): number =>
  warmup === 0 ? peak : peak * Math.min(1, images / warmup)

/** Rises linearly to its peak and stays there. */
export const warmup = (c: Warmup): Schedule => schedule((images) => rising(c, images))

/** A warm-up, and the images of the whole run. */
export interface Decay extends Warmup {
  /** Images of the whole run, at the end of which the rate is 0. */
  readonly images: number
}

const checked = ({ images, warmup: first }: Decay): void => {
  if (!(images > first))
    throw new RangeError(`a schedule of ${images} images: expected more than the ${first} of its warm-up`)
}

/** Warm-up, peak, then a linear fall to 0 over the last `share` of the images (Hägele et al. 2024, arXiv 2405.18392). */
export const linearDecay = (c: Decay & { readonly share: number }): Schedule => {
  checked(c)
  return schedule(
    (images) => rising(c, images) * Math.min(1, Math.max(0, (c.images - images) / (c.share * c.images))),
    c.images,
  )
}

/** Warm-up, then half a cosine from the peak to 0 (Loshchilov and Hutter 2017, arXiv 1608.03983, without restarts). */
export const cosineDecay = (c: Decay): Schedule => {
  checked(c)
  return schedule((images) => {
    const done = Math.min(1, Math.max(0, (images - c.warmup) / (c.images - c.warmup)))
    return rising(c, images) * 0.5 * (1 + Math.cos(Math.PI * done))
  }, c.images)
}

/** Images from which the rate falls, beyond the warm-up. */
export interface InverseSqrt extends Warmup {
  /** Images up to which the rate stays at its peak. */
  readonly from: number
}

/**
 * Warm-up, peak, then peak sqrt(from / images) for ever (Karras et al. 2024, arXiv 2312.02696, eq. 67): a rate that falls and
 * yet has no end.
 */
export const inverseSqrt = (c: InverseSqrt): Schedule => {
  if (!(c.from > 0)) throw new RangeError(`inverseSqrt: from is ${c.from}, expected more than 0 images`)
  return schedule((images) => rising(c, images) * Math.min(1, Math.sqrt(c.from / images)))
}

/**
 * Images of a run: its last update before the cooldown, and the end of the cooldown, where the rate is 0. It falls as if it had
 * begun at `origin`, which is `from` unless the end has come nearer since.
 */
export interface Cooldown {
  readonly from: number
  readonly to: number
  readonly origin?: number
}

/** The cooldown with a nearer end: the same share of the rate at so many images, and from there on a line to 0. */
export const endingSooner = ({ from, to, origin = from }: Cooldown, images: number, end: number): Cooldown => {
  if (!(images < end && end <= to))
    throw new RangeError(`a cooldown that ends at ${to}: expected ${images} < ${end} <= ${to}`)
  return { from, to: end, origin: end - ((end - images) * (to - origin)) / (to - images) }
}

/**
 * A schedule whose rate falls linearly to 0 between two numbers of images, and is as it was before them: the end of a run of
 * a schedule that has none (Zhai et al. 2022, arXiv 2106.04560; Hägele et al. 2024, arXiv 2405.18392). Up to `from` a run
 * does not depend on it, so that a longer run can continue there.
 */
export const cooledDown = (rate: Rate, { from, to, origin = from }: Cooldown): Schedule => {
  if (!(from >= 0 && to > from)) throw new RangeError(`a cooldown from ${from} to ${to} images: expected from < to`)
  const at = scheduleOf(rate)
  return schedule((images) => at(images) * Math.min(1, Math.max(0, (to - images) / (to - origin))), to)
}
