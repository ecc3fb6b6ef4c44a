/** Laws of the measures of pictures. */
import fc from 'fast-check'
import t from 'tap'
import {
  classOrder,
  frechetDistance,
  type Gaussian,
  gaussianOf,
  type Moments,
  mergeMoments,
  momentsOf,
  nearestIn,
  noMoments,
  precisionRecall,
  type Rows,
} from '../src/evaluation/index.ts'
import { finished, radii } from '../src/evaluation/neighbours.ts'
import { precisionRecallSteps } from '../src/evaluation/precisionRecall.ts'
import { semidefiniteFactor } from '../src/evaluation/semidefiniteFactor.ts'
import { singularValueSum } from '../src/evaluation/singularValues.ts'
import { fold, key, normal, permutation, uniform } from '../src/random/key.ts'

/** Rows [n, f] of a seed: correlated, off centre, and of fewer rows than features too. */
const table = fc.record({
  seed: fc.integer({ min: 0 }),
  n: fc.integer({ min: 2, max: 14 }),
  f: fc.integer({ min: 1, max: 7 }),
})
const rowsOf = ({ seed, n, f }: { readonly seed: number; readonly n: number; readonly f: number }): Float64Array => {
  const [z, mix] = [normal(fold(key(seed), 0), n * f), normal(fold(key(seed), 1), f * f)]
  return Float64Array.from({ length: n * f }, (_, at) => {
    const [r, i] = [Math.floor(at / f), at % f]
    return (
      100 +
      Array.from({ length: f }, (_, k) => (z[r * f + k] ?? Number.NaN) * (mix[k * f + i] ?? Number.NaN)).reduce(
        (a, b) => a + b,
      )
    )
  })
}
const close = (a: ArrayLike<number>, b: ArrayLike<number>, within: number): boolean => {
  const size = Array.from(b).reduce((most, x) => Math.max(most, Math.abs(x)), 1)
  return a.length === b.length && Array.from(a).every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) <= within * size)
}
const alike = (a: Moments, b: Moments): boolean =>
  close([a.weight], [b.weight], 1e-14) && close(a.mean, b.mean, 1e-13) && close(a.scatter, b.scatter, 1e-11)

t.test('moments of a whole are those of its parts merged, however it is cut and in any order', async () =>
  fc.assert(
    fc.property(table, fc.array(fc.nat(14), { maxLength: 4 }), (shape, cuts) => {
      const { n, f, seed } = shape
      const rows = rowsOf(shape)
      const at = [0, ...cuts.map((c) => Math.min(c, n)).sort((a, b) => a - b), n]
      const parts = at.slice(1).map((end, i) => momentsOf(rows.subarray((at[i] ?? 0) * f, end * f), f))
      const order = permutation(fold(key(seed), 2), parts.length)
      const merged = [...order].flatMap((i) => parts[i] ?? []).reduce(mergeMoments, noMoments(f))
      return alike(merged, momentsOf(rows, f))
    }),
  ),
)

t.test('a weight of 2 is the same row twice, a weight of 0 none', async () =>
  fc.assert(
    fc.property(table, (shape) => {
      const { n, f } = shape
      const rows = rowsOf(shape)
      const weights = Float64Array.from({ length: n }, (_, r) => r % 3)
      const repeated = Array.from(weights).flatMap((w, r) =>
        Array.from({ length: w }, () => [...rows.subarray(r * f, (r + 1) * f)]).flat(),
      )
      return alike(momentsOf(rows, f, weights), momentsOf(repeated, f))
    }),
  ),
)

const gaussian = (shape: { readonly seed: number; readonly n: number; readonly f: number }): Gaussian =>
  gaussianOf(momentsOf(rowsOf(shape), shape.f))
/** Two sets of as many features. */
const two = fc.tuple(table, table).map(([a, b]) => [gaussian(a), gaussian({ ...b, f: a.f })] as const)

t.test('the distance of a set to itself is 0, in any order of its rows, and never below it', async () =>
  fc.assert(
    fc.property(table, (shape) => {
      const { n, f, seed } = shape
      const rows = rowsOf(shape)
      const order = permutation(fold(key(seed), 3), n)
      const turned = [...order].flatMap((r) => [...rows.subarray(r * f, (r + 1) * f)])
      const [a, b] = [gaussian(shape), gaussianOf(momentsOf(turned, f))]
      const size = a.covariance.reduce((most, s) => Math.max(most, Math.abs(s)), 1)
      // a singular covariance has eigenvalues of a rounding, whose root is the root of one
      const [same, turnedRound] = [frechetDistance(a, a), frechetDistance(a, b)]
      return same >= 0 && turnedRound >= 0 && same <= 1e-12 * size && turnedRound <= 1e-6 * size
    }),
  ),
)

t.test('the distance is symmetric, and that of a set moved by v is |v|^2', async () =>
  fc.assert(
    fc.property(two, ([a, b]) => {
      const moved = { ...a, mean: a.mean.map((m, i) => m + i + 1) }
      const far = a.mean.reduce((sum, _, i) => sum + (i + 1) ** 2, 0)
      const size = [...a.covariance, ...b.covariance].reduce((most, s) => Math.max(most, Math.abs(s)), 1)
      return (
        Math.abs(frechetDistance(a, b) - frechetDistance(b, a)) <= 1e-6 * size &&
        Math.abs(frechetDistance(a, moved) - far) <= 1e-10 * size
      )
    }),
  ),
)

t.test('of scaled covariances the distance is the closed form: (1 - s)^2 of the trace', async () =>
  fc.assert(
    fc.property(table, fc.double({ min: 0, max: 3, noNaN: true }), (shape, s) => {
      const a = gaussian(shape)
      const trace = a.mean.reduce((sum, _, i) => sum + (a.covariance[i * shape.f + i] ?? Number.NaN), 0)
      const found = frechetDistance(a, { ...a, covariance: a.covariance.map((c) => c * s * s) })
      return Math.abs(found - trace * (1 - s) ** 2) <= 1e-10 * Math.max(1, trace)
    }),
  ),
)

t.test('a factor of a covariance is one: L L^T, of the rank that the rows have', async () =>
  fc.assert(
    fc.property(table, (shape) => {
      const { n, f } = shape
      const { covariance } = gaussian(shape)
      const { rank, values } = semidefiniteFactor(covariance, f)
      const product = Float64Array.from({ length: f * f }, (_, at) => {
        const [i, j] = [Math.floor(at / f), at % f]
        return values
          .subarray(i * rank, (i + 1) * rank)
          .reduce((sum, l, k) => sum + l * (values[j * rank + k] ?? Number.NaN), 0)
      })
      return rank <= Math.min(f, n - 1) && close(product, covariance, 1e-12)
    }),
  ),
)

t.test(
  'singular values: of orthogonal rows their lengths, the same of the transpose, and twice as many of two copies',
  async () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (seed, m, n) => {
          const a = normal(key(seed), m * n)
          const turned = Float64Array.from(
            { length: m * n },
            (_, at) => a[(at % m) * n + Math.floor(at / m)] ?? Number.NaN,
          )
          const beside = Float64Array.from({ length: 4 * m * n }, (_, at) => {
            const [i, j] = [Math.floor(at / (2 * n)), at % (2 * n)]
            return i < m === j < n ? (a[(i % m) * n + (j % n)] ?? Number.NaN) : 0
          })
          const diagonal = Float64Array.from({ length: n * n }, (_, at) =>
            at % (n + 1) === 0 ? (a[at / (n + 1)] ?? 0.5) : 0,
          )
          const lengths = diagonal.reduce((sum, d) => sum + Math.abs(d), 0)
          const sum = singularValueSum(a, m, n)
          return (
            Math.abs(singularValueSum(turned, n, m) - sum) <= 1e-13 * sum &&
            Math.abs(singularValueSum(beside, 2 * m, 2 * n) - 2 * sum) <= 1e-13 * sum &&
            Math.abs(singularValueSum(diagonal, n, n) - lengths) <= 1e-13 * lengths
          )
        },
      ),
    ),
)

const features = (shape: { readonly seed: number; readonly n: number; readonly f: number }): Rows => ({
  n: shape.n,
  f: shape.f,
  values: Float32Array.from(rowsOf(shape)),
})
const enough = table.map((shape) => ({ ...shape, n: 4 + shape.n * 5 }))

t.test('radii: the k-th of all distances to others', async () =>
  fc.assert(
    fc.property(enough, fc.integer({ min: 1, max: 3 }), (shape, k) => {
      const { n, f, values } = features(shape)
      const all = Array.from({ length: n }, (_, i) => {
        const far = Array.from({ length: n }, (_, j) =>
          Array.from(
            { length: f },
            (_, c) => ((values[i * f + c] ?? Number.NaN) - (values[j * f + c] ?? Number.NaN)) ** 2,
          ).reduce((a, b) => a + b),
        )
        return far.toSpliced(i, 1).sort((a, b) => a - b)[k - 1] ?? Number.NaN
      })
      return close(finished(radii({ n, f, values }, k)), all, 1e-13)
    }),
    { numRuns: 40 },
  ),
)

t.test('precision and recall: a set against itself 1, far apart 0, exchanged with the sets', async () =>
  fc.assert(
    fc.property(enough, enough, (one, other) => {
      const [a, b] = [features(one), features({ ...other, f: one.f })]
      const far = { ...b, values: b.values.map((x) => x + 1e5) }
      const [own, apart, to, fro] = [
        precisionRecall(a, a),
        precisionRecall(a, far),
        precisionRecall(a, b),
        precisionRecall(b, a),
      ]
      return (
        own.precision === 1 &&
        own.recall === 1 &&
        apart.precision === 0 &&
        apart.recall === 0 &&
        to.precision === fro.recall &&
        to.recall === fro.precision
      )
    }),
    { numRuns: 40 },
  ),
)

t.test('a picture that is there several times is where it is; the steps of the work end with all of it', async (t) => {
  const alike: Rows = { n: 40, f: 2, values: new Float32Array(80).fill(0.5) }
  t.same(precisionRecall(alike, alike), { precision: 1, recall: 1 }, 'balls of radius 0')
  const shares = [
    ...precisionRecallSteps(alike, { n: 70, f: 2, values: Float32Array.from({ length: 140 }, (_, i) => i) }),
  ]
  t.same(
    shares,
    shares.toSorted((a, b) => a - b),
  )
  t.equal(shares.at(-1), 1)
  t.ok(shares.every((share) => share > 0))
})

t.test('the nearest picture is that of comparing with all, mirrored ones too', async () =>
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.integer({ min: 0 }),
        size: fc.integer({ min: 1, max: 9 }),
        channels: fc.constantFrom(1, 3),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      ({ seed, size, channels, count }) => {
        const each = size * size * channels
        const bytes = (n: number, child: number): Uint8Array =>
          Uint8Array.from(uniform(fold(key(seed), child), n), (u) => Math.floor(256 * u))
        const [pixels, x, marks] = [bytes(count * each, 0), bytes(each, 1), bytes(count, 2).map((b) => b % 2)]
        const turned = x.map((_, at) => {
          const [row, column, c] = [Math.floor(at / (size * channels)), Math.floor(at / channels) % size, at % channels]
          return x[(row * size + size - 1 - column) * channels + c] ?? Number.NaN
        })
        const far = (y: Uint8Array, i: number): number =>
          Math.sqrt(y.reduce((sum, b, at) => sum + (b - (pixels[i * each + at] ?? Number.NaN)) ** 2, 0)) / 127.5
        const all = Array.from({ length: count }, (_, i) =>
          Math.min(far(x, i), marks[i] === 1 ? far(turned, i) : Infinity),
        )
        const found = nearestIn({ size, channels, count, pixels, mirrored: marks })(x)
        return (
          close([found.distance], [Math.min(...all)], 1e-13) &&
          close([far(found.mirrored ? turned : x, found.index)], [found.distance], 1e-13)
        )
      },
    ),
  ),
)

t.test('every beginning of the classes of samples has their shares, to within one sample', async () =>
  fc.assert(
    fc.property(
      fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 60 }),
      (weights, count) => {
        const total = weights.reduce((a, b) => a + b, 0)
        fc.pre(total > 0)
        const order = classOrder(weights, count)
        // the divisors of Sainte-Lague may leave the quota, but not by two
        return weights.every((w, c) => Math.abs(order.filter((own) => own === c).length - (w * count) / total) < 2)
      },
    ),
  ),
)
