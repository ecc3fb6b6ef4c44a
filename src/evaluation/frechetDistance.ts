/**
 * The Frechet distance of two normal distributions (Dowson and Landau 1982; of features of pictures: Heusel et al. 2017):
 * |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), in float64.
 *
 * With S1 = A A^T and S2 = B B^T the trace of the root is the sum of the singular values of A^T B, which is right for
 * singular covariances too (fewer pictures than features) and needs no root of a matrix.
 *
 * Laws: 0 of a distribution to itself, symmetric, at least 0; of diagonal covariances |m1 - m2|^2 + sum (s1 - s2)^2.
 */
import { element } from '../codec/element.ts'
import type { Gaussian } from './moments.ts'
import { type Factor, semidefiniteFactor } from './semidefiniteFactor.ts'
import { singularValueSum } from './singularValues.ts'

/** Rows of the product that are summed together, so that they stay in a cache. */
const block = 32

/** A^T B, [ranks]. */
const product = (a: Factor, b: Factor): Float64Array => {
  const out = new Float64Array(a.rank * b.rank)
  for (let from = 0; from < a.rank; from += block)
    for (let k = 0; k < a.n; k++) {
      const row = b.values.subarray(k * b.rank, (k + 1) * b.rank)
      for (let i = from; i < Math.min(a.rank, from + block); i++) {
        const f = element(a.values, k * a.rank + i)
        if (f === 0) continue
        const into = out.subarray(i * b.rank, (i + 1) * b.rank)
        for (let j = 0; j < into.length; j++) into[j] = (into[j] ?? Number.NaN) + f * (row[j] ?? Number.NaN)
      }
    }
  return out
}

const trace = (s: Float64Array, n: number): number => {
  let sum = 0
  for (let i = 0; i < n; i++) sum += element(s, i * n + i)
  return sum
}

/**
 * The distance; squared, as the literature gives it. NaN where a number is not finite; a RangeError where the widths differ.
 */
export const frechetDistance = (a: Gaussian, b: Gaussian): number => {
  const n = a.mean.length
  if (b.mean.length !== n)
    throw new RangeError(`a distance between ${n} and ${b.mean.length} features: expected as many`)
  const apart = a.mean.reduce((sum, m, i) => sum + (m - element(b.mean, i)) ** 2, 0)
  const [left, right] = [semidefiniteFactor(a.covariance, n), semidefiniteFactor(b.covariance, n)]
  const root = singularValueSum(product(left, right), left.rank, right.rank)
  return Math.max(0, apart + trace(a.covariance, n) + trace(b.covariance, n) - 2 * root)
}
