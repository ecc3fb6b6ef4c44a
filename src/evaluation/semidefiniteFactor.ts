/**
 * The Cholesky factor of a covariance that may be singular (fewer pictures than features): with the largest remaining
 * diagonal element as pivot, it ends at the rank (Higham 1990, "Analysis of the Cholesky decomposition of a semi-definite
 * matrix").
 *
 * Law: L L^T is the matrix, up to rounding.
 */
import { element } from '../codec/element.ts'

/** A factor L [n, rank], row-major, of S = L L^T. */
export interface Factor {
  readonly n: number
  readonly rank: number
  readonly values: Float64Array
}

/** The place of the largest of the remaining diagonal elements. */
const pivotOf = (rest: Float64Array): number => {
  let best = 0
  for (let i = 1; i < rest.length; i++) if (!(element(rest, i) <= element(rest, best))) best = i
  return best
}

const dot = (l: Float64Array, a: number, b: number, n: number): number => {
  let sum = 0
  for (let k = 0; k < n; k++) sum += (l[a + k] ?? Number.NaN) * (l[b + k] ?? Number.NaN)
  return sum
}

/**
 * @param s [n, n], symmetric and positive semidefinite; only its rows at the pivots are read
 * @returns of a matrix with a number that is not finite a factor of NaN
 */
export const semidefiniteFactor = (s: Float64Array, n: number): Factor => {
  const wide = new Float64Array(n * n)
  const rest = Float64Array.from({ length: n }, (_, i) => element(s, i * n + i))
  if (!s.every(Number.isFinite)) return { n, rank: n, values: wide.fill(Number.NaN) }
  const least = n * Number.EPSILON * rest.reduce((most, d) => Math.max(most, d), 0)
  let rank = 0
  for (; rank < n; rank++) {
    const p = pivotOf(rest)
    const d = element(rest, p)
    if (!(d > least)) break
    const root = Math.sqrt(d)
    for (let i = 0; i < n; i++) {
      // a row that was a pivot has nothing left
      if (element(rest, i) === Number.NEGATIVE_INFINITY) continue
      const l = i === p ? root : (element(s, p * n + i) - dot(wide, i * n, p * n, rank)) / root
      wide[i * n + rank] = l
      rest[i] = i === p ? Number.NEGATIVE_INFINITY : element(rest, i) - l * l
    }
  }
  const values = new Float64Array(n * rank)
  for (let i = 0; i < n; i++) values.set(wide.subarray(i * n, i * n + rank), i * rank)
  return { n, rank, values }
}
