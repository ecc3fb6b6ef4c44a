/**
 * Mean and covariance of features, batch by batch, in float64: nothing of a batch is kept but its sums about its own mean, so
 * 50,000 pictures take no more memory than a few. Merging is Chan, Golub and LeVeque's (1979), which loses no digits where
 * the mean is large beside the deviation.
 *
 * Laws: the moments of a whole are those of its parts merged, in any order; a weight of 2 is the same row twice.
 */
import { element } from '../codec/element.ts'

/** Sums about the mean: plain numbers, which can be written to a file and merged later. */
export interface Moments {
  /** The number of rows, or the sum of their weights. */
  readonly weight: number
  /** [f] */
  readonly mean: Float64Array
  /** The sum of w (x - mean) (x - mean)^T over the rows, [f, f]. */
  readonly scatter: Float64Array
}

/** The moments of no rows of f features. */
export const noMoments = (f: number): Moments => ({
  weight: 0,
  mean: new Float64Array(f),
  scatter: new Float64Array(f * f),
})

/** [f]; of no rows 0. */
const meanOf = (rows: ArrayLike<number>, f: number, weights: Float64Array, weight: number): Float64Array => {
  const mean = new Float64Array(f)
  if (weight === 0) return mean
  weights.forEach((w, r) => {
    for (let i = 0; i < f; i++) mean[i] = (mean[i] ?? Number.NaN) + (w / weight) * (rows[r * f + i] ?? Number.NaN)
  })
  return mean
}

/** [f, f]: the upper triangle is summed, then mirrored. */
const scatterOf = (rows: ArrayLike<number>, f: number, weights: Float64Array, mean: Float64Array): Float64Array => {
  const centred = new Float64Array(rows.length)
  for (let at = 0; at < centred.length; at++) centred[at] = element(rows, at) - element(mean, at % f)
  const scatter = new Float64Array(f * f)
  for (let i = 0; i < f; i++) {
    const into = scatter.subarray(i * f, (i + 1) * f)
    weights.forEach((w, r) => {
      const row = centred.subarray(r * f, (r + 1) * f)
      const a = w * element(row, i)
      for (let j = i; j < f; j++) into[j] = (into[j] ?? Number.NaN) + a * (row[j] ?? Number.NaN)
    })
  }
  for (let i = 1; i < f; i++) for (let j = 0; j < i; j++) scatter[i * f + j] = element(scatter, j * f + i)
  return scatter
}

/**
 * The moments of rows [n, f]. A RangeError where the numbers do not fit.
 * @param weights [n], at least 0; default: 1 each
 */
export const momentsOf = (rows: ArrayLike<number>, f: number, weights?: Float64Array): Moments => {
  const each = weights ?? new Float64Array(Math.floor(rows.length / f)).fill(1)
  if (rows.length !== each.length * f)
    throw new RangeError(`${rows.length} features: expected ${each.length * f}, for ${each.length} rows of ${f}`)
  const weight = each.reduce((sum, w) => sum + w, 0)
  const mean = meanOf(rows, f, each, weight)
  return { weight, mean, scatter: scatterOf(rows, f, each, mean) }
}

/** The moments of the rows of both. A RangeError where their widths differ. */
export const mergeMoments = (a: Moments, b: Moments): Moments => {
  const f = a.mean.length
  if (b.mean.length !== f) throw new RangeError(`moments of ${f} and of ${b.mean.length} features cannot be merged`)
  if (a.weight === 0) return b
  if (b.weight === 0) return a
  const weight = a.weight + b.weight
  const apart = b.mean.map((m, i) => m - element(a.mean, i))
  const mean = a.mean.map((m, i) => m + (element(apart, i) * b.weight) / weight)
  const share = (a.weight * b.weight) / weight
  const scatter = new Float64Array(f * f)
  for (let i = 0; i < f; i++) {
    const d = share * element(apart, i)
    for (let j = 0; j < f; j++) {
      const at = i * f + j
      scatter[at] = (a.scatter[at] ?? Number.NaN) + (b.scatter[at] ?? Number.NaN) + d * (apart[j] ?? Number.NaN)
    }
  }
  return { weight, mean, scatter }
}

/** A normal distribution's mean [f] and covariance [f, f]: what a distance is measured between. */
export interface Gaussian {
  readonly mean: Float64Array
  readonly covariance: Float64Array
}

/** Mean and N - 1 covariance, as NumPy's `cov`. A RangeError for fewer than two rows, which have no covariance. */
export const gaussianOf = ({ weight, mean, scatter }: Moments): Gaussian => {
  if (!(weight > 1)) throw new RangeError(`${weight} rows have no covariance: expected at least 2`)
  return { mean, covariance: scatter.map((s) => s / (weight - 1)) }
}
