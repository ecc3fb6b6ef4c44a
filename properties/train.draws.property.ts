/** Laws of a run's random draws: initial values by name, and per-image noise, noise levels and label dropout. */
import fc from 'fast-check'
import t from 'tap'
import { edmNoise, lognormal } from '../src/diffusion/noise/lognormal.ts'
import { noised } from '../src/diffusion/noise/noised.ts'
import { startNoise } from '../src/diffusion/sample.ts'
import { noisedAt } from '../src/diffusion/task.ts'
import { gaussian, type Parameter, parameter } from '../src/nn/parameter.ts'
import { encode, init } from '../src/nn/spec.ts'
import { fold, key } from '../src/random/key.ts'
import { at } from '../src/tensor/axes.ts'

const seed = fc.integer({ min: 0, max: 2 ** 31 })
const noising = { distribution: lognormal(edmNoise), labelDropout: 0.3 }
const blank = { image: new Float32Array(4), label: 1 }

// ------------------------------------------------------------------------------------------------- first values
const shapes = fc.record({ rows: fc.integer({ min: 1, max: 20 }), columns: fc.integer({ min: 1, max: 4 }) })
/** Names of few letters, so that many differ in one place, in their length or in the order of their letters only. */
const name = fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 4 })
const parameters = fc.dictionary(name, shapes, { minKeys: 2, maxKeys: 8, noNullPrototype: true })

t.test(
  'initial values depend on the name of a parameter, not on its position, and different names start differently',
  async () => {
    fc.assert(
      fc.property(
        parameters,
        fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 8, maxLength: 8 }),
        seed,
        (all, by, s) => {
          const specOf = (entries: readonly (readonly [string, { rows: number; columns: number }])[]) =>
            Object.fromEntries(
              entries.map(([name, { rows, columns }]): [string, Parameter] => [
                name,
                parameter([rows, columns], gaussian(1)),
              ]),
            )
          const entries = Object.entries(all)
          const shuffled = entries.map((entry, i) => ({ entry, at: at(by, i) })).toSorted((a, b) => a.at - b.at)
          const fewer = shuffled.map(({ entry }) => entry).slice(1)
          const [whole, part] = [specOf(entries), specOf(fewer)]
          const [values, again] = [encode(whole)(init(whole)(key(s))), encode(part)(init(part)(key(s)))]
          const first = entries.map(([name]) => values[name]?.values[0])
          return (
            fewer.every(([name]) => values[name]?.values.join() === again[name]?.values.join()) &&
            new Set(first).size === entries.length
          )
        },
      ),
    )
  },
)

// -------------------------------------------------------------------------------------------------------- noise
const numbersAt = (root: number) => {
  const shown = noisedAt(noising, key(root), () => blank)
  return (position: number) => {
    const { noise, sigma } = shown(position)
    return { noise: noise.join(), first: noise[0] ?? Number.NaN, sigma }
  }
}

t.test('no two positions of a run share noise or noise level, however far apart', async (t) => {
  fc.assert(
    fc.property(
      seed,
      fc.nat(1e9),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 1000 }),
      (s, p, j, odd) => {
        const at = numbersAt(s)
        const [a, b] = [at(p), at(p + odd * 2 ** j)]
        return a.noise !== b.noise && a.sigma !== b.sigma
      },
    ),
  )
  const at = numbersAt(1)
  const run = Array.from({ length: 5000 }, (_, position) => at(position))
  t.equal(new Set(run.map((x) => x.noise)).size, run.length, 'noise of the first 5,000 images')
  t.equal(new Set(run.map((x) => x.sigma)).size, run.length, 'and their levels')
})

/** The standard normal number behind a noise level. */
const behind = (sigma: number): number => (Math.log(sigma) - edmNoise.mean) / edmNoise.std

t.test('the noise level is not derived from the noise', async () => {
  fc.assert(
    fc.property(seed, fc.nat(1e6), (s, position) => {
      const { noise, sigma } = noised(noising)(fold(key(s), position), { image: new Float32Array(64), label: 1 })
      return Array.from(noise).every((z) => Math.abs(z - behind(sigma)) > 1e-12)
    }),
  )
})

t.test('noise, noise level and label dropout are independent, and the noise level is log-normal', async (t) => {
  const n = 4000
  const all = Array.from({ length: n }, (_, i) => noised(noising)(fold(key(2), i), blank))
  const drawn = {
    noise: all.map((x) => x.noise[0] ?? Number.NaN),
    level: all.map((x) => behind(x.sigma)),
    dropped: all.map((x) => ((x.label === null ? 1 : 0) - 0.3) / Math.sqrt(0.3 * 0.7)),
  }
  const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / n
  // of n independent numbers of variance 1, means lie within 5 / sqrt(n) of what they should be
  const within = 5 / Math.sqrt(n)
  const times = (a: readonly number[], b: readonly number[]): number => mean(a.map((x, i) => x * (b[i] ?? Number.NaN)))
  for (const [name, xs] of Object.entries(drawn)) {
    t.ok(Math.abs(mean(xs)) < within, `${name}: mean ${mean(xs)}`)
    t.ok(Math.abs(times(xs, xs) - 1) < 1.5 * within, `${name}: variance ${times(xs, xs)}`)
  }
  // a normal number and its magnitude are uncorrelated, so both are tested
  const size = (xs: readonly number[]): readonly number[] => xs.map((x) => (x * x - 1) / Math.SQRT2)
  const pairs = [
    ['noise and level', drawn.noise, drawn.level],
    ['noise and dropped', drawn.noise, drawn.dropped],
    ['level and dropped', drawn.level, drawn.dropped],
    ['sizes of noise and level', size(drawn.noise), size(drawn.level)],
    ['size of noise and dropped', size(drawn.noise), drawn.dropped],
    ['size of level and dropped', size(drawn.level), drawn.dropped],
  ] as const
  for (const [name, a, b] of pairs) t.ok(Math.abs(times(a, b)) < within, `${name}: ${times(a, b)}`)
})

t.test('no two sampled images start from the same noise', async (t) => {
  const labels = [null, ...Array.from({ length: 20 }, (_, i) => i)]
  const all = labels.flatMap((label) => Array.from({ length: 200 }, (_, index) => ({ label, index })))
  t.equal(new Set(all.map((wanted) => startNoise(key(3), wanted, 2).join())).size, all.length)
})
