/** Laws of losses, guidance and noise distributions, for those of the tables and one from outside of each. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { l1, uniformly } from '../spec/diffusion/outside.ts'
import { guide } from '../src/diffusion/guidance/guidance.ts'
import { networkLoss } from '../src/diffusion/loss/loss.ts'
import { losses } from '../src/diffusion/loss/losses.ts'
import { logitNormal } from '../src/diffusion/noise/logitNormal.ts'
import { edmNoise, lognormal } from '../src/diffusion/noise/lognormal.ts'
import type { NoiseDistribution } from '../src/diffusion/noise/noiseDistribution.ts'
import { noiseDistributions } from '../src/diffusion/noise/noiseDistributions.ts'
import { timesteps } from '../src/diffusion/noise/timesteps.ts'
import { uniformTime } from '../src/diffusion/noise/uniformTime.ts'
import { discrete } from '../src/diffusion/process/discrete.ts'
import { flow } from '../src/diffusion/process/flow.ts'
import { defaultProcessSettings } from '../src/diffusion/process/process.ts'
import { evaluate } from '../src/lower/compile.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { input } from '../src/tensor/ops.ts'
import { evenly } from './evenly.ts'

const level = evenly(-6, 5).map((x) => Math.exp(x))
const number = evenly(-3, 3)
const near = (a: number, b: number, size: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1e-6, size)

const allLosses = { ...losses, l1 }

for (const [name, loss] of Object.entries(allLosses)) {
  t.test(`${name}: its name is its row's`, async (t) => {
    t.equal(loss.name, name)
  })

  t.test(`${name}: no error is no penalty, and a larger error is a larger one, of either sign`, async () => {
    fc.assert(
      fc.property(evenly(0, 5), evenly(1e-3, 5), (d, more) => {
        const { penalty } = loss
        return penalty(0) === 0 && penalty(d + more) > penalty(d) && near(penalty(-d), penalty(d), 25)
      }),
    )
  })
}

t.test('losses: the graph computes the weighted sum over images of the mean of the host penalties', async () => {
  const shape = [2, 2, 1, 2]
  const [f, y, w] = [input('f', shape), input('y', shape), input('w', [2, 1, 1, 1])]
  const graph = Object.fromEntries(Object.entries(allLosses).map(([name, loss]) => [name, networkLoss(loss)(f, y, w)]))
  const eight = fc.array(number, { minLength: 8, maxLength: 8 }).map((xs) => Float64Array.from(xs))
  await fc.assert(
    fc.asyncProperty(eight, eight, fc.tuple(number, number), async (f, y, w) => {
      const found = await evaluate(cpu)(graph, { f, y, w: Float64Array.from(w) })
      return Object.entries(allLosses).every(([name, { penalty }]) => {
        const each = f.map((v, i) => penalty(v - (y[i] ?? Number.NaN)))
        const mean = (i: number): number => each.subarray(4 * i, 4 * i + 4).reduce((a, b) => a + b, 0) / 4
        return near(found[name]?.[0] ?? Number.NaN, w[0] * mean(0) + w[1] * mean(1), 300)
      })
    }),
    { numRuns: 20 },
  )
})

t.test(
  'guidance: 1 gives the conditional output, 0 the unconditional one, and the same rule holds for eps',
  async () => {
    fc.assert(
      fc.property(number, number, number, evenly(0, 8), level, (x, u, c, w, s) => {
        const answers = { unconditional: Float64Array.of(u), conditional: Float64Array.of(c) }
        const at = (weight: number): number => guide(weight)(answers)[0] ?? Number.NaN
        const eps = (d: number): number => (x - d) / s
        const size = (Math.abs(x) + 10 * Math.abs(u) + 10 * Math.abs(c)) / s
        return (
          near(at(1), c, 9) &&
          Object.is(at(0) + 0, u + 0) &&
          near(eps(at(w)), eps(u) + w * (eps(c) - eps(u)), Math.max(1, size))
        )
      }),
    )
  },
)

const distributions = [
  ...Object.entries(noiseDistributions).map(
    ([name, of]) => [name, of(edmNoise, discrete(defaultProcessSettings))] as const,
  ),
  ['uniformly', uniformly] as const,
]
for (const [name, distribution] of distributions)
  t.test(`${name}: a positive noise level that depends on the key only; its name is its row's`, async (t) => {
    t.equal(distribution.name, name)
    fc.assert(
      fc.property(fc.integer(), fc.nat(1e6), (seed, i) => {
        const own = fold(key(seed), i)
        const sigma = distribution.draw(own)
        return sigma > 0 && Number.isFinite(sigma) && sigma === distribution.draw(own)
      }),
    )
  })

/** Draws of 2,000 keys, as numbers of the unit interval, increasing. */
const drawn = (distribution: NoiseDistribution, of: (sigma: number) => number): readonly number[] =>
  Array.from({ length: 2000 }, (_, i) => of(distribution.draw(fold(key(7), i)))).sort((a, b) => a - b)
/** The largest distance of the draws from the uniform distribution (Kolmogorov and Smirnov). */
const unevenness = (sorted: readonly number[]): number =>
  Math.max(...sorted.map((u, i) => Math.max(Math.abs(u - i / sorted.length), Math.abs(u - (i + 1) / sorted.length))))

t.test('uniform_time: t = s / (1 + s) is uniform in (0, 1)', async (t) => {
  const times = drawn(uniformTime, (s) => s / (1 + s))
  // beyond 1.95 / sqrt(n) with probability 0.001, for other keys
  t.ok(unevenness(times) < 1.95 / Math.sqrt(2000))
  t.ok(times.every((u) => u > 0 && u < 1))
})

t.test('timesteps: levels of the table, each equally often; a process without timesteps is an error', async (t) => {
  const process = discrete({ ...defaultProcessSettings, timesteps: 40 })
  const times = drawn(timesteps(process), process.time)
  t.ok(times.every(Number.isInteger))
  const counts = Array.from({ length: 40 }, (_, i) => times.filter((t) => t === i).length)
  t.equal(
    counts.reduce((sum, n) => sum + n, 0),
    2000,
  )
  // a count of 50 deviates by 7
  t.ok(
    counts.every((n) => n > 20 && n < 85),
    counts.join(),
  )
  t.throws(() => timesteps(flow), new RangeError('timesteps: the process "flow" has none, expected a discrete process'))
})

t.test(
  'logit_normal: t is the sigmoid of a normal number, so it is lognormal with the same mean and deviation',
  async () => {
    fc.assert(
      fc.property(fc.integer(), evenly(-2, 2), evenly(0.3, 1.5), (seed, mean, std) => {
        const own = key(seed)
        const t = 1 / (1 + Math.exp(-(mean + std * (normal(own, 1)[0] ?? Number.NaN))))
        const sigma = logitNormal({ mean, std }).draw(own)
        return near(sigma / (1 + sigma), t, 1) && sigma === lognormal({ mean, std }).draw(own)
      }),
    )
  },
)
