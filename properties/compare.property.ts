/** Laws of comparing settings: budgets, the mean over seeds, the time left for all runs, and the loss that is the same for all. */

import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { velocity } from '../spec/diffusion/outside.ts'
import { updatesWithin } from '../src/cli/comparison/budget.ts'
import { weighedAsEdm } from '../src/cli/comparison/edmLoss.ts'
import { wholeOf } from '../src/cli/comparison/progress.ts'
import { spread } from '../src/cli/comparison/table.ts'
import { discrete } from '../src/diffusion/process/discrete.ts'
import { edm } from '../src/diffusion/process/edm.ts'
import { flow } from '../src/diffusion/process/flow.ts'
import { defaultProcessSettings } from '../src/diffusion/process/process.ts'

const amount = fc.double({ min: 0.1, max: 100, noNaN: true })
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))

t.test('a budget of images: all of them are seen, in as few updates as that takes', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 512 }), (images, batch) => {
      const updates = updatesWithin({ kind: 'images', amount: images }, { batch, flops: 1 })
      return (
        E.isRight(updates) &&
        updates.right !== null &&
        updates.right * batch >= images &&
        (updates.right - 1) * batch < images
      )
    }),
  )
})

t.test('a budget of work: no more than it, and not one update less than it allows; none is refused', async () => {
  fc.assert(
    fc.property(amount, fc.double({ min: 1e7, max: 1e11, noNaN: true }), (gflop, flops) => {
      const updates = updatesWithin({ kind: 'gflop', amount: gflop }, { batch: 16, flops })
      if (E.isLeft(updates)) return gflop * 1e9 < flops
      return (
        updates.right !== null &&
        updates.right >= 1 &&
        updates.right * flops <= gflop * 1e9 &&
        (updates.right + 1) * flops > gflop * 1e9
      )
    }),
  )
})

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0)

t.test('a mean lies between the least and the most; of one value it is that value', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1 }),
      (values) => {
        const all = spread(values)
        const [one = Number.NaN] = values
        const alone = spread([one])
        return (
          all !== null &&
          values.every((x) => all.low <= x && x <= all.high) &&
          all.low <= all.mean &&
          all.mean <= all.high &&
          // a subnormal number is rounded to a whole multiple of the least
          Math.abs(all.mean * values.length - sum(values)) <=
            1e-12 * sum(values.map(Math.abs)) + values.length ** 2 * Number.MIN_VALUE &&
          alone?.mean === one
        )
      },
    ),
    { examples: [[[0, -5e-324]]] },
  )
  t.equal(spread([]), null)
})

const part = fc.double({ min: 0, max: 0.99, noNaN: true })

t.test('the time left for all: at an even rate, the work left over the rate', async () => {
  fc.assert(
    fc.property(amount, amount, amount, part, amount, (before, here, after, done, rate) => {
      const left = (here * (1 - done)) / rate
      const whole = wholeOf({ before, here, after }, { done, left })
      const rest = here * (1 - done) + after
      return near(whole.left, rest / rate) && near(whole.done, 1 - rest / (before + here + after))
    }),
  )
})

t.test('one run alone is the whole, and at its end all of it is done', async () => {
  fc.assert(
    fc.property(amount, part, amount, (here, done, left) => {
      const whole = wholeOf({ before: 0, here, after: 0 }, { done, left })
      return (
        near(whole.done, done) &&
        whole.left === left &&
        wholeOf({ before: 0, here, after: 0 }, { done: 1.2, left: 0 }).done === 1
      )
    }),
  )
})

t.test("EDM's weights for any process: what F counts is what EDM counts for the denoised image D", async () => {
  const sigma = fc.double({ min: 0.002, max: 80, noNaN: true })
  const number = fc.double({ min: -2, max: 2, noNaN: true })
  fc.assert(
    fc.property(
      fc.constantFrom(edm(0.5), edm(0.3), flow, velocity(), discrete(defaultProcessSettings)),
      sigma,
      number,
      number,
      number,
      (process, s, y, n, f) => {
        const { skip, out } = process.denoised(s)
        const target = process.target(s).image * y + process.target(s).noise * n
        const denoised = skip * (y + s * n) + out * f
        // lambda of Karras et al. 2022, Table 1, at sigma_data 0.5
        const lambda = (s ** 2 + 0.25) / (s * 0.5) ** 2
        const counted = weighedAsEdm(process).weight(s) * (f - target) ** 2
        return Math.abs(counted - lambda * (denoised - y) ** 2) <= 1e-6 * Math.max(1, counted)
      },
    ),
  )
})
