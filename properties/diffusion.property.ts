/** Laws of losses, guidance and noise distributions, for those of the tables and one from outside of each. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { l1, uniformly } from '../spec/diffusion/outside.ts'
import { guide } from '../src/diffusion/guidance/guidance.ts'
import { networkLoss } from '../src/diffusion/loss/loss.ts'
import { losses } from '../src/diffusion/loss/losses.ts'
import { edmNoise } from '../src/diffusion/noise/lognormal.ts'
import { noiseDistributions } from '../src/diffusion/noise/noiseDistributions.ts'
import { evaluate } from '../src/lower/compile.ts'
import { fold, key } from '../src/random/key.ts'
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
  ...Object.entries(noiseDistributions).map(([name, of]) => [name, of(edmNoise)] as const),
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
