/**
 * Squared distances between rows of features, in float64, in blocks: only a block of them is in memory at a time. They are
 * sums of squared differences, so that near rows keep their digits.
 */

/** Rows of features [n, f]. */
export interface Rows {
  readonly n: number
  readonly f: number
  readonly values: Float32Array
}

/** Rows of one side in a block, so that they stay in a cache while the others pass. */
const together = 32

/** The squared distance between row i of a and row j of b. */
const between = (a: Rows, i: number, b: Rows, j: number): number => {
  const [x, y] = [a.values.subarray(i * a.f, (i + 1) * a.f), b.values.subarray(j * b.f, (j + 1) * b.f)]
  let sum = 0
  for (let k = 0; k < x.length; k++) {
    const d = (x[k] ?? Number.NaN) - (y[k] ?? Number.NaN)
    sum += d * d
  }
  return sum
}

const checked = (a: Rows, b: Rows): void => {
  if (a.f !== b.f) throw new RangeError(`neighbours of ${a.f} among ${b.f} features: expected as many`)
}

/** Work in steps: it gives the share done, from 0 to 1, after each, so that a program stays alive meanwhile; then its result. */
export type Steps<A> = Generator<number, A, undefined>

/** All steps at once. */
export const finished = <A>(steps: Steps<A>): A => {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/**
 * The squared distance of every row to the k-th nearest of the others. A RangeError for k rows or fewer.
 * @returns [n]
 */
export function* radii(rows: Rows, k: number): Steps<Float64Array> {
  if (rows.n <= k) throw new RangeError(`${rows.n} rows: expected more than ${k}, for ${k} nearest neighbours`)
  const nearest = new Float64Array(rows.n * k).fill(Number.POSITIVE_INFINITY)
  /** Keeps the k nearest of row i in order; a distance that is no number counts as infinite. */
  const put = (i: number, d: number): void => {
    const own = nearest.subarray(i * k, (i + 1) * k)
    let at = k - 1
    if (!(d < (own[at] ?? Number.NaN))) return
    for (; at > 0 && d < (own[at - 1] ?? Number.NaN); at--) own[at] = own[at - 1] ?? Number.NaN
    own[at] = d
  }
  for (let from = 0; from < rows.n; from += together) {
    for (let j = from + 1; j < rows.n; j++)
      for (let i = from; i < Math.min(from + together, j); i++) {
        const d = between(rows, i, rows, j)
        put(i, d)
        put(j, d)
      }
    yield 1 - (1 - Math.min(1, (from + together) / rows.n)) ** 2
  }
  return Float64Array.from({ length: rows.n }, (_, i) => nearest[i * k + k - 1] ?? Number.NaN)
}

/**
 * For both sides, which rows lie in the ball of at least one row of the other.
 * @param radiiOfA [a.n], squared
 * @param radiiOfB [b.n], squared
 */
export function* covered(
  a: Rows,
  radiiOfA: Float64Array,
  b: Rows,
  radiiOfB: Float64Array,
): Steps<{ readonly a: Uint8Array; readonly b: Uint8Array }> {
  checked(a, b)
  const [inB, inA] = [new Uint8Array(a.n), new Uint8Array(b.n)]
  for (let from = 0; from < a.n; from += together) {
    for (let j = 0; j < b.n; j++)
      for (let i = from; i < Math.min(from + together, a.n); i++) {
        const d = between(a, i, b, j)
        if (d <= (radiiOfB[j] ?? Number.NaN)) inB[i] = 1
        if (d <= (radiiOfA[i] ?? Number.NaN)) inA[j] = 1
      }
    yield Math.min(1, (from + together) / a.n)
  }
  return { a: inB, b: inA }
}
