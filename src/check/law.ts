/** A law: something that holds whatever the seed, or says in one sentence where it does not. */

/** Thrown where a law does not hold: what, where, what was expected. */
export class LawError extends Error {
  override readonly name = 'LawError'
}

/** A law by name, tried for one seed at a time. */
export interface Law {
  /** In words: `tanh: its vjp is linear in dy`. */
  readonly name: string
  /** The seed decides every number that is tried; rejects where the law does not hold. */
  readonly holds: (seed: number) => Promise<void>
}

const close = (a: number, b: number, within: number): boolean =>
  a === b || (Number.isNaN(a) && Number.isNaN(b)) || (Number.isFinite(a - b) && Math.abs(a - b) <= within)

export interface Compared {
  readonly found: ArrayLike<number>
  readonly expected: ArrayLike<number>
}

/** Element by element: the same, or apart by at most `tolerance` beside their size or `scale`. NaN is the same as NaN. */
export const same = (what: string, { found, expected }: Compared, tolerance: number, scale = 1): void => {
  if (found.length !== expected.length)
    throw new LawError(`${what}: ${found.length} numbers, expected ${expected.length}`)
  for (let i = 0; i < expected.length; i++) {
    const [x = Number.NaN, y = Number.NaN] = [found[i], expected[i]]
    if (!close(x, y, tolerance * Math.max(scale, Math.abs(x), Math.abs(y))))
      throw new LawError(`${what}: element ${i} is ${x}, expected ${y}`)
  }
}
