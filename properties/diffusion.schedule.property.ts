/** Laws of the noise levels of samplers, for those of the table and one from outside of it. */
import fc from 'fast-check'
import t from 'tap'
import { linear } from '../spec/diffusion/outside.ts'
import { element } from '../src/codec/element.ts'
import { betaSchedules } from '../src/diffusion/process/betas/betaSchedules.ts'
import { cosineBetas } from '../src/diffusion/process/betas/cosineBetas.ts'
import { discrete } from '../src/diffusion/process/discrete.ts'
import { defaultProcessSettings } from '../src/diffusion/process/process.ts'
import { evenTime } from '../src/diffusion/schedule/evenTime.ts'
import { edmRange, type NoiseRange } from '../src/diffusion/schedule/schedule.ts'
import { schedules } from '../src/diffusion/schedule/schedules.ts'
import { evenly } from './evenly.ts'

const { karras, exponential, even_time, ...spacings } = schedules
const anyRange: fc.Arbitrary<NoiseRange> = fc.oneof(
  fc.record({ sigmaMin: evenly(1e-3, 0.1), sigmaMax: evenly(1, 100) }),
  // as a cosine schedule ends
  fc.record({ sigmaMin: evenly(1e-3, 0.1), sigmaMax: evenly(1e3, 1e6) }),
)
const steps = fc.integer({ min: 1, max: 60 })
const falls = (levels: readonly number[]): boolean => levels.every((s, i) => i === 0 || s < element(levels, i - 1))

for (const [name, schedule] of Object.entries({ ...schedules, linear })) {
  t.test(`${name}: its name is its row's`, async (t) => {
    t.equal(schedule.name, name)
  })

  t.test(`${name}: what cannot be divided is an error, which is what it refuses`, async (t) => {
    const refused = (n: number, range: NoiseRange, why: string): void => {
      t.equal(schedule.refusal(n, range), why)
      t.throws(() => schedule.levels(n, range), new RangeError(why))
    }
    for (const n of [0, -1, 1.5, Number.NaN])
      refused(n, edmRange, `${name}: ${n} is no number of steps, expected a whole number of at least 1`)
    for (const [sigmaMin, sigmaMax] of [
      [0, 1],
      [2, 1],
      [1, 1],
      [Number.NaN, 1],
      [1, Number.POSITIVE_INFINITY],
    ] as const)
      refused(
        3,
        { sigmaMin, sigmaMax },
        `${name}: noise levels from ${sigmaMin} to ${sigmaMax}, expected 0 < sigmaMin < sigmaMax`,
      )
  })
}

for (const schedule of [karras, exponential, even_time, linear])
  t.test(`${schedule.name}: levels fall from sigmaMax to sigmaMin, then 0; of any process`, async () => {
    fc.assert(
      fc.property(steps, anyRange, (n, r) => {
        const levels = schedule.levels(n, r)
        const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * b
        return (
          schedule.refusal(n, r) === null &&
          levels.length === n + 1 &&
          falls(levels) &&
          near(element(levels, 0), r.sigmaMax) &&
          (n === 1 || near(element(levels, n - 1), r.sigmaMin)) &&
          levels[n] === 0
        )
      }),
    )
  })

t.test('even_time: equal steps of t = s / (1 + s)', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 40 }), anyRange, (n, r) => {
      const times = evenTime
        .levels(n, r)
        .slice(0, -1)
        .map((s) => s / (1 + s))
      const step = (element(times, n - 1) - element(times, 0)) / (n - 1)
      return times.every((time, i) => i === 0 || Math.abs(time - element(times, i - 1) - step) < 1e-9)
    }),
  )
})

for (const [name, schedule] of Object.entries(spacings)) {
  const process = fc
    .tuple(fc.constantFrom(...Object.values(betaSchedules)), fc.integer({ min: 2, max: 80 }))
    .map(([betas, timesteps]) => discrete({ ...defaultProcessSettings, betas, timesteps }))

  t.test(
    `${name}: levels are those of timesteps, fall, and end with 0; where they are refused, it says so`,
    async () => {
      fc.assert(
        fc.property(process, steps, ({ range, time }, n) => {
          if (schedule.refusal(n, range) !== null) return n > (range.timesteps ?? []).length || name === 'ddim'
          const levels = schedule.levels(n, range)
          return (
            levels.length === n + 1 &&
            levels[n] === 0 &&
            falls(levels) &&
            levels.slice(0, -1).every((s) => Number.isInteger(time(s)) && range.timesteps?.includes(s) === true)
          )
        }),
      )
    },
  )

  t.test(`${name}: respacing to T is the identity; one step is from the last timestep`, async () => {
    fc.assert(
      fc.property(process, ({ range }) => {
        const all = range.timesteps ?? []
        const found = schedule.levels(all.length, range)
        return (
          JSON.stringify(found) === JSON.stringify([...all.toReversed(), 0]) &&
          JSON.stringify(schedule.levels(1, range)) === JSON.stringify([range.sigmaMax, 0])
        )
      }),
    )
  })

  t.test(`${name}: a process without timesteps, and more steps than timesteps, are errors`, async (t) => {
    t.equal(
      schedule.refusal(10, edmRange),
      `${name}: the noise levels have no timesteps, expected those of a discrete process`,
    )
    const { range } = discrete({ ...defaultProcessSettings, timesteps: 20 })
    t.equal(schedule.refusal(21, range), `${name}: 21 steps of 20 timesteps, expected at most as many`)
  })
}

t.test('every schedule is finite over the range of a cosine process, which ends at a sigma of 20,000', async (t) => {
  const { range } = discrete({ ...defaultProcessSettings, betas: cosineBetas })
  t.ok(range.sigmaMax > 20_000)
  for (const schedule of Object.values(schedules)) {
    const levels = schedule.levels(50, range)
    t.ok(levels.every(Number.isFinite) && falls(levels), schedule.name)
  }
})
