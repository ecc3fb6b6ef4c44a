/** Distance, precision and recall, and Inception score against NumPy and SciPy (spec/fixtures/evaluation.py). */
import t from 'tap'
import {
  addScores,
  frechetDistance,
  gaussianOf,
  inceptionScore,
  mergeMoments,
  momentsOf,
  noScores,
  precisionRecall,
  type Rows,
  splitOf,
} from '../../src/evaluation/index.ts'
import { key, normal } from '../../src/random/key.ts'
import known from '../fixtures/evaluation.json' with { type: 'json' }

const near = (a: number, b: number, within: number): boolean => Math.abs(a - b) <= within * Math.max(1, Math.abs(b))

t.test('mean and covariance are those of NumPy', async (t) => {
  for (const { a, f, mean, covariance } of known.frechet) {
    const found = gaussianOf(momentsOf(a, f))
    t.ok(found.mean.every((m, i) => near(m, mean[i] ?? Number.NaN, 1e-13)))
    t.ok(found.covariance.every((s, i) => near(s, covariance[i] ?? Number.NaN, 1e-13)))
  }
})

t.test('the distance is that of SciPy, of regular and of singular covariances', async (t) => {
  for (const { a, b, f, distance, regular } of known.frechet) {
    const found = frechetDistance(gaussianOf(momentsOf(a, f)), gaussianOf(momentsOf(b, f)))
    // the fixture's eigenvalues of a singular product have errors of the root of a rounding
    t.ok(near(found, distance, regular ? 1e-11 : 1e-6), `${found} beside ${distance}`)
  }
  t.same(
    known.frechet.map(({ regular }) => regular),
    [true, false, false],
  )
})

t.test('of one feature, and of diagonal covariances, the distance is the closed form', async (t) => {
  const of = (mean: readonly number[], deviations: readonly number[]) => ({
    mean: Float64Array.from(mean),
    covariance: Float64Array.from({ length: mean.length ** 2 }, (_, at) => {
      const [i, j] = [Math.floor(at / mean.length), at % mean.length]
      return i === j ? (deviations[i] ?? Number.NaN) ** 2 : 0
    }),
  })
  t.equal(frechetDistance(of([1], [2]), of([4], [0])), 9 + 4)
  const [a, b] = [of([0, 1, 2, 3], [1, 2, 0, 5]), of([0, 3, 2, 2], [3, 2, 4, 0])]
  t.ok(near(frechetDistance(a, b), 4 + 1 + 4 + 16 + 25, 1e-14))
  t.ok(Number.isNaN(frechetDistance(a, { ...b, covariance: b.covariance.map(() => Number.NaN) })))
  t.ok(Number.isNaN(frechetDistance({ ...a, mean: a.mean.map(() => Number.NaN) }, b)))
  t.throws(() => frechetDistance(a, of([0], [1])), RangeError('a distance between 4 and 1 features: expected as many'))
})

t.test('many features: the distance to itself is 0, and to itself moved what it was moved', async (t) => {
  const f = 70
  const a = gaussianOf(momentsOf(normal(key(1), 100 * f), f))
  t.ok(frechetDistance(a, a) < 1e-11)
  t.ok(near(frechetDistance(a, { ...a, mean: a.mean.map((m) => m + 0.5) }), f / 4, 1e-12))
})

t.test('one row has no covariance; rows that do not fit are refused', async (t) => {
  t.throws(() => gaussianOf(momentsOf([1, 2], 2)), RangeError('1 rows have no covariance: expected at least 2'))
  t.throws(() => momentsOf([1, 2, 3], 2), RangeError('3 features: expected 2, for 1 rows of 2'))
  t.throws(() => mergeMoments(momentsOf([1], 1), momentsOf([1, 2], 2)), /of 1 and of 2 features cannot be merged/)
})

const rows = (values: readonly number[], f: number): Rows => ({
  n: values.length / f,
  f,
  values: Float32Array.from(values),
})

t.test('precision and recall are those of all distances at once', async (t) => {
  const { samples, real, f, both } = known.manifold
  for (const { k, result } of both) {
    const { precision, recall } = precisionRecall(rows(samples, f), rows(real, f), k)
    t.same([precision, recall], result, `k = ${k}`)
  }
  t.throws(() => precisionRecall(rows([1, 2, 3], 1), rows(real, 1)), /^3 rows: expected more than 3/)
  t.throws(() => precisionRecall(rows(samples, 3), rows([1, 2, 3, 4], 1)), /^neighbours of 3 among 1 features/)
})

t.test('the Inception score is that of the splits of torch-fidelity', async (t) => {
  const { logits, classes, scores } = known.score
  const n = logits.length / classes
  for (const { splits, result } of scores) {
    const cut = Array.from({ length: splits }, (_, split) =>
      Array.from({ length: n }, (_, i) => i)
        .filter((i) => splitOf(i, n, splits) === split)
        .reduce((sums, i) => addScores(sums, logits.slice(i * classes, (i + 1) * classes)), noScores(classes)),
    )
    const { mean, deviation } = inceptionScore(cut)
    t.ok(near(mean, result[0] ?? Number.NaN, 1e-12) && near(deviation, result[1] ?? Number.NaN, 1e-12), `${splits}`)
  }
  const sure = addScores(noScores(2), [1000, -1000, -1000, 1000])
  t.equal(inceptionScore([sure, noScores(2)]).mean, 2, 'two classes named with certainty, and a split without pictures')
})
