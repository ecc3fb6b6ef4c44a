/** Laws of the host's inputs to a step: EMA, noise, and the cadence of validation and grids. */
import fc from 'fast-check'
import t from 'tap'
import { fittingMicroBatch } from '../src/cli/memory.ts'
import { gridSize } from '../src/cli/session/cadence.ts'
import { stepFeeds } from '../src/diffusion/batch.ts'
import { oneHot } from '../src/diffusion/labels.ts'
import { edmNoise, lognormal } from '../src/diffusion/noise/lognormal.ts'
import { noised } from '../src/diffusion/noise/noised.ts'
import { edm } from '../src/diffusion/process/edm.ts'
import { key } from '../src/random/key.ts'
import { emaDecay, emaFeeds } from '../src/train/ema.ts'
import { evenly } from './evenly.ts'

const noising = { distribution: lognormal(edmNoise), labelDropout: 0.1 }
const picture = (i: number) => ({ image: new Float32Array(12).fill(i / 10), label: i % 3 })

t.test('EMA: at constant half-life two batches equal one of their total size; the ramp shortens the half-life', (t) => {
  const decay = emaDecay({ halfLife: 1000, ramp: 0.05 })
  fc.assert(
    fc.property(fc.integer({ min: 20_000, max: 1_000_000 }), fc.integer({ min: 1, max: 512 }), (seen, batch) => {
      const twice = decay(seen, batch) ** 2
      return Math.abs(twice - decay(seen, 2 * batch)) < 1e-12
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 19_999 }), (seen) => Math.abs(decay(seen, 0.05 * seen) - 0.5) < 1e-12),
  )
  fc.assert(
    fc.property(evenly(0, 1), (d) => {
      const { emaKept, emaNew } = emaFeeds(d)
      return Math.abs(emaKept + emaNew - 1) < 1e-15
    }),
  )
  t.end()
})

t.test('noise, noise level and label of an image depend on its own key only, not on how the batch is split', (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 5 }), (seed, cut) => {
      const all = Array.from({ length: 6 }, (_, i) => noised(noising)(key(seed + i), picture(i)))
      const config = { process: edm(0.5), classes: 3, whole: 6 }
      const whole = stepFeeds(all, config)
      const [a, b] = [stepFeeds(all.slice(0, cut), config), stepFeeds(all.slice(cut), config)]
      return Object.entries(whole).every(([name, values]) => {
        const joined = [...(a[name] ?? []), ...(b[name] ?? [])]
        return joined.length === values.length && joined.every((v, i) => Object.is(v, values[i]))
      })
    }),
    { numRuns: 30 },
  )
  t.end()
})

t.test('labels are dropped at the given rate, and are one-hot with a last column for the null label', (t) => {
  const n = 4000
  const dropped = Array.from({ length: n }, (_, i) => noised(noising)(key(i), picture(0))).filter(
    (s) => s.label === null,
  )
  const deviation = Math.sqrt(n * 0.1 * 0.9)
  t.ok(Math.abs(dropped.length - 0.1 * n) < 5 * deviation, `${dropped.length} of ${n}`)
  t.strictSame(Array.from(oneHot([1, null], 3).labels ?? []), [0, 1, 0, 0, 0, 0, 0, 1])
  t.strictSame(oneHot([null], null), {}, 'a model without classes takes no labels')
  t.end()
})

t.test('a grid fits its budget, or is the smallest possible', (t) => {
  const cost = evenly(1e-3, 10)
  fc.assert(
    fc.property(cost, evenly(0, 100), (each, budget) => {
      const secondsOf = ({ columns, steps }: { columns: number; steps: number }): number => each * columns * steps
      const size = gridSize(budget, { columns: 8, steps: 18 }, secondsOf)
      const smallest = size.columns === 1 && size.steps === 4
      return size.columns >= 1 && size.columns <= 8 && (secondsOf(size) <= budget || smallest)
    }),
  )
  t.end()
})

t.test('the suggested micro-batch divides the batch and fits, and no larger one does', (t) => {
  const linear = (base: number, each: number) => (n: number) => base + each * n
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 512 }),
      fc.integer({ min: 1, max: 900 }),
      fc.integer({ min: 1, max: 50 }),
      (batch, base, each) => {
        const bytes = linear(base, each)
        const fits = (part: number): boolean => bytes(part) <= 1000
        const divisors = Array.from({ length: batch - 1 }, (_, i) => i + 1).filter((d) => batch % d === 0)
        return fittingMicroBatch(batch, batch, fits) === (divisors.filter(fits).at(-1) ?? null)
      },
    ),
  )
  t.end()
})
