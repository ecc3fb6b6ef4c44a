/** Where buffers lie in a memory: those that are needed at the same time never overlap (best fit, as in an allocator). */

/** From the first moment at which something is needed to the last one. */
export interface Life {
  readonly first: number
  readonly last: number
}

/** A part of a memory that is taken for a while. */
export interface Allocation extends Life {
  readonly from: number
  readonly to: number
}

/**
 * The start of the tightest gap that is free for a whole life, or the end of what is taken then.
 * @param taken in the order in which they lie
 * @param start of the memory
 */
export const bestFit = (taken: readonly Allocation[], { first, last }: Life, size: number, start = 0): number => {
  let end = start
  let best = { gap: Number.POSITIVE_INFINITY, at: -1 }
  for (const a of taken) {
    if (a.first > last || first > a.last) continue
    const gap = a.from - end
    if (gap >= size && gap < best.gap) best = { gap, at: end }
    end = Math.max(end, a.to)
  }
  return best.at < 0 ? end : best.at
}

/** Adds an allocation to those that are there, in the order in which they lie. */
export const take = (taken: Allocation[], one: Allocation): void => {
  const behind = taken.findIndex((a) => a.from > one.from)
  taken.splice(behind < 0 ? taken.length : behind, 0, one)
}
