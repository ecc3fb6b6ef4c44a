/**
 * The derivative at 0 of a smooth scalar function s of one variable, from its values alone: the central difference
 *
 *   D(h) = (8 (s(h) - s(-h)) - (s(2h) - s(-2h))) / 12h = s'(0) - s^(5)(0) h^4 / 30 + O(h^6)
 *
 * and, where h is too coarse for s, the same at h / 2, h / 4, ... until two in a row agree. Halving divides the error by
 * 16, so (16 D(h/2) - D(h)) / 15 is free of the h^4 term (Richardson extrapolation). The result depends on s only, never
 * on the number that it will be compared with.
 */
export type Along = (t: number) => Promise<number>

/** D at one step. */
export interface Stencil {
  readonly step: number
  /** s(h) - s(-h), which is reused after halving. */
  readonly near: number
  readonly value: number
}

/** D extrapolated from two steps. */
export interface Difference {
  readonly value: number
  /**
   * |D(h) - D(h / 2)|: an upper bound of the error where the h^4 term dominates. Infinity if no two steps gave finite
   * values.
   */
  readonly apart: number
}

/** The error falls by 16^5 = 10^6, while rounding, about eps |s| / h, grows by 32 only. */
const halvings = 5

const odd = async (s: Along, t: number): Promise<number> => (await s(t)) - (await s(-t))
const fourth = (near: number, far: number, h: number): number => (8 * near - far) / (12 * h)

export const centralDifference = async (s: Along, h: number): Promise<Stencil> => {
  const near = await odd(s, h)
  return { step: h, near, value: fourth(near, await odd(s, 2 * h), h) }
}

const halved = async (s: Along, { step, near }: Stencil): Promise<Stencil> => {
  const h = step / 2
  const nearer = await odd(s, h)
  return { step: h, near: nearer, value: fourth(nearer, near, h) }
}

/** Halves the step until two differences are at most allowed(value) apart; else returns the two that were closest. */
export const refined = async (s: Along, from: Stencil, allowed: (value: number) => number): Promise<Difference> => {
  let coarse = from
  let best: Difference = { value: from.value, apart: Number.POSITIVE_INFINITY }
  for (let i = 0; i < halvings; i++) {
    const fine = await halved(s, coarse)
    const change = fine.value - coarse.value
    const found = { value: fine.value + change / 15, apart: Math.abs(change) }
    if (found.apart <= allowed(found.value)) return found
    if (found.apart < best.apart) best = found
    coarse = fine
  }
  return best
}
