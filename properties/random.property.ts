/** Laws of the random key generator. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import {
  bernoulli,
  bits,
  fold,
  type Key,
  key,
  normal,
  parse,
  permutation,
  split,
  text,
  truncatedNormal,
  uniform,
} from '../src/random/key.ts'
import { evenly } from './evenly.ts'

const seeds = fc.maxSafeInteger()
const keys = seeds.map(key)
const sizes = fc.nat({ max: 200 })
const draws: Readonly<Record<string, (k: Key, n: number) => ArrayLike<number>>> = {
  bits,
  uniform,
  normal,
  truncatedNormal: (k, n) => truncatedNormal(k, n, 0.02),
  bernoulli: (k, n) => bernoulli(k, 0.3, n),
}

const mean = (xs: ArrayLike<number>, f = (x: number) => x): number =>
  Array.from(xs, f).reduce((a, b) => a + b, 0) / xs.length

for (const [name, draw] of Object.entries(draws)) {
  t.test(`${name}: same key, same numbers`, async () =>
    fc.assert(fc.property(seeds, sizes, (s, n) => isDeepStrictEqual(draw(key(s), n), draw(key(s), n)))),
  )

  t.test(`${name}: n numbers are the first n of m numbers`, async () =>
    fc.assert(
      fc.property(keys, sizes, sizes, (k, a, b) => {
        const [n, m] = [Math.min(a, b), Math.max(a, b)]
        const [few, many] = [draw(k, n), draw(k, m)]
        return few.length === n && Array.from(few).every((x, i) => Object.is(x, many[i]))
      }),
    ),
  )
}

t.test('children of one key differ, from each other and from the blocks that the key draws', async () =>
  fc.assert(
    fc.property(keys, fc.uniqueArray(fc.maxSafeInteger().map(Math.abs), { minLength: 2, maxLength: 30 }), (k, ns) => {
      const children = ns.map((n) => text(fold(k, n)))
      const drawn = Array.from(split(k, 10), (_, i) => text([bits(k, 20)[2 * i] ?? 0, bits(k, 20)[2 * i + 1] ?? 0]))
      return new Set([...children, ...drawn]).size === children.length + drawn.length
    }),
  ),
)

t.test('split(key, n)[i] = fold(key, i)', async () =>
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 20 }), (k, n) =>
      split(k, n).every((child, i, all) => all.length === n && text(child) === text(fold(k, i))),
    ),
  ),
)

t.test('seeds differ: no two seeds share a key', async () =>
  fc.assert(fc.property(seeds, seeds, (a, b) => a === b || text(key(a)) !== text(key(b)))),
)

t.test('parse(text(key)) = key, and JSON keeps a key', async () =>
  fc.assert(
    fc.property(
      keys,
      (k) => isDeepStrictEqual(parse(text(k)), E.right(k)) && isDeepStrictEqual(JSON.parse(JSON.stringify(k)), k),
    ),
  ),
)

t.test('uniform lies in [0, 1); truncatedNormal within two deviations; a permutation has every number once', async () =>
  fc.assert(
    fc.property(
      keys,
      sizes,
      (k, n) =>
        uniform(k, n).every((u) => u >= 0 && u < 1) &&
        truncatedNormal(k, n, 3).every((x) => Math.abs(x) <= 6) &&
        permutation(k, n)
          .sort()
          .every((x, i) => x === i),
    ),
  ),
)

t.test('bernoulli: raising p only turns zeros into ones', async () =>
  fc.assert(
    fc.property(keys, evenly(0, 1), evenly(0, 1), (k, p, q) => {
      const [low, high] = [bernoulli(k, Math.min(p, q), 50), bernoulli(k, Math.max(p, q), 50)]
      return low.every((x, i) => x <= (high[i] ?? Number.NaN))
    }),
  ),
)

// Moments of 20,000 numbers, at fixed keys: five standard errors.
t.test('mean, variance and fourth moment are those of the distribution', async (t) => {
  const n = 20_000
  const within = (value: number, expected: number, deviation: number, what: string): void => {
    t.ok(Math.abs(value - expected) < (5 * deviation) / Math.sqrt(n), `${what}: ${value} is near ${expected}`)
  }
  for (const seed of [0, 1, -5, 2 ** 40]) {
    const z = normal(key(seed), n)
    within(mean(z), 0, 1, 'normal mean')
    within(
      mean(z, (x) => x * x),
      1,
      Math.sqrt(2),
      'normal variance',
    )
    within(
      mean(z, (x) => x ** 4),
      3,
      Math.sqrt(96),
      'normal fourth moment',
    )
    within(
      mean(z, (x) => x * (z[0] ?? 0)),
      0,
      Math.abs(z[0] ?? 0),
      'normal against its first',
    )
    const u = uniform(key(seed), n)
    within(mean(u), 1 / 2, Math.sqrt(1 / 12), 'uniform mean')
    within(
      mean(u, (x) => x * x),
      1 / 3,
      Math.sqrt(4 / 45),
      'uniform square',
    )
    within(mean(bernoulli(key(seed), 0.1, n)), 0.1, 0.3, 'bernoulli mean')
    within(
      mean(truncatedNormal(key(seed), n, 1), (x) => x * x),
      0.7737413035499232,
      0.9,
      'truncated variance',
    )
  }
})

t.test(
  'neighbouring seeds and children are independent: the sums of their normals have the variance of a sum',
  async (t) => {
    const n = 4_000
    const pairs: readonly (readonly [Key, Key])[] = [
      [key(1), key(2)],
      [key(1), key(-1)],
      [fold(key(1), 0), fold(key(1), 1)],
      [key(1), fold(key(1), 0)],
    ]
    for (const [a, b] of pairs) {
      const [za, zb] = [normal(a, n), normal(b, n)]
      const correlation = mean(za.map((x, i) => x * (zb[i] ?? 0)))
      t.ok(Math.abs(correlation) < 5 / Math.sqrt(n), `${text(a)} and ${text(b)}: ${correlation}`)
    }
  },
)

t.test('permutation: each of the six orders of three is equally frequent', async (t) => {
  const n = 6_000
  const orders = new Map<string, number>()
  for (let i = 0; i < n; i++) {
    const order = permutation(fold(key(9), i), 3).join('')
    orders.set(order, (orders.get(order) ?? 0) + 1)
  }
  t.equal(orders.size, 6)
  for (const [order, times] of orders) t.ok(Math.abs(times - 1000) < 5 * Math.sqrt((n * 5) / 36), `${order}: ${times}`)
})
