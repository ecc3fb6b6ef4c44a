/** Laws of diffusion processes, for those of the table with every beta schedule and prediction, and one from outside of it. */
import fc from 'fast-check'
import t from 'tap'
import { velocity } from '../spec/diffusion/outside.ts'
import { mse } from '../src/diffusion/loss/mse.ts'
import { betaSchedules } from '../src/diffusion/process/betas/betaSchedules.ts'
import { edm } from '../src/diffusion/process/edm.ts'
import { flow } from '../src/diffusion/process/flow.ts'
import { predictions } from '../src/diffusion/process/prediction/predictions.ts'
import type { ProcessFor, ProcessSettings } from '../src/diffusion/process/process.ts'
import { processes } from '../src/diffusion/process/processes.ts'
import { evenly } from './evenly.ts'

const level = evenly(-6, 5).map((x) => Math.exp(x))
const data = evenly(0.1, 2)
const number = evenly(-3, 3)
const near = (a: number, b: number, size: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1e-6, size)

/** Every combination that settings can name. */
const settings: fc.Arbitrary<ProcessSettings> = fc.record({
  sigmaData: data,
  betas: fc.constantFrom(...Object.values(betaSchedules)),
  timesteps: fc.integer({ min: 2, max: 60 }),
  prediction: fc.constantFrom(...Object.values(predictions)),
})

/** With what an error of the answer counts at a level, of which `out` is known. */
type Weight = (s: number, out: number) => number

const all: readonly (readonly [string, ProcessFor, Weight])[] = [
  ...Object.entries(processes).map(([name, of]) => [name, of, () => 1] as const),
  ['v', velocity, (s, out) => (out / s) ** 2],
]

for (const [name, processOf, weight] of all) {
  /** A process and a noise level: any, or one of its timesteps. */
  const process = fc.record({ settings, any: level, place: fc.nat() }).map(({ settings, any, place }) => {
    const p = processOf(settings)
    const { timesteps } = p.range
    return { p, s: (place % 2 === 0 ? undefined : timesteps?.[place % timesteps.length]) ?? any }
  })

  t.test(`${name}: its name is its row's`, async () => {
    fc.assert(fc.property(process, ({ p }) => p.name === name))
  })

  t.test(`${name}: the input in training is the input in sampling, of x = y + s n`, async () => {
    fc.assert(
      fc.property(process, number, number, ({ p, s }, y, n) => {
        const { image, noise } = p.noising(s)
        return near(image * y + noise * n, image * (y + s * n), image * (Math.abs(y) + s * Math.abs(n)))
      }),
    )
  })

  t.test(`${name}: if F is the target, D is the clean image`, async () => {
    fc.assert(
      fc.property(process, number, number, ({ p, s }, y, n) => {
        const { target, denoised } = p
        const { skip, out } = denoised(s)
        const f = target(s).image * y + target(s).noise * n
        return near(skip * (y + s * n) + out * f, y, Math.abs(y) + s * Math.abs(n))
      }),
    )
  })

  t.test(`${name}: an answer counts as it should at every level, and everything is finite`, async () => {
    fc.assert(
      fc.property(process, ({ p, s }) => {
        const { skip, out } = p.denoised(s)
        const numbers = [skip, out, p.time(s), ...Object.values(p.noising(s)), ...Object.values(p.target(s))]
        return Math.abs(p.weight(s) / weight(s, out) - 1) < 1e-12 && numbers.every(Number.isFinite)
      }),
    )
  })

  t.test(`${name}: within its range, more noise is a later time`, async () => {
    fc.assert(
      fc.property(settings, fc.tuple(evenly(0, 1), evenly(0, 1)), (c, us) => {
        const { range, time } = processOf(c)
        const [low = 0, high = 0] = [...us]
          .sort((a, b) => a - b)
          .map((u) => range.sigmaMin * (range.sigmaMax / range.sigmaMin) ** u)
        return (
          0 < range.sigmaMin && range.sigmaMin < range.sigmaMax && (high <= low * (1 + 1e-9) || time(low) < time(high))
        )
      }),
    )
  })
}

t.test("edm: the weighted squared error of F is EDM's weighted squared error of D", async () => {
  fc.assert(
    fc.property(level, data, number, number, number, (s, sd, y, n, f) => {
      const { target, denoised, weight } = edm(sd)
      const { skip, out } = denoised(s)
      const x = y + s * n
      const lambda = (s ** 2 + sd ** 2) / (s * sd) ** 2
      const ofD = lambda * (skip * x + out * f - y) ** 2
      const size = lambda * (Math.abs(skip * x) + Math.abs(out * f) + Math.abs(y)) ** 2
      const ofF = weight(s) * mse.penalty(f - (target(s).image * y + target(s).noise * n))
      return near(ofF, ofD, size) && near(weight(s), lambda * out ** 2, 1)
    }),
  )
})

t.test('edm: unit variance of the input and of the target, for images of variance sd^2', async () => {
  fc.assert(
    fc.property(level, data, (s, sd) => {
      const { noising, target } = edm(sd)
      const variance = ({ image, noise }: { image: number; noise: number }): number => (image * sd) ** 2 + noise ** 2
      return near(variance(noising(s)), 1, 1) && near(variance(target(s)), 1, 1)
    }),
  )
})

t.test('edm: Table 1, written out', async () => {
  fc.assert(
    fc.property(level, data, (s, sd) => {
      const { noising, denoised, time } = edm(sd)
      const root = Math.hypot(s, sd)
      return (
        near(denoised(s).skip, (sd / root) ** 2, 1) &&
        near(denoised(s).out, (s * sd) / root, sd) &&
        near(noising(s).image, 1 / root, 1 / root) &&
        near(time(s), 0.25 * Math.log(s), 1)
      )
    }),
  )
})

t.test(
  'flow: x_t = (1 - t) y + t n with t = s / (1 + s), its velocity is the slope of that line, and its time 1000 t',
  async () => {
    fc.assert(
      fc.property(evenly(0.01, 0.98), evenly(0.001, 0.01), number, number, (t, step, y, n) => {
        const at = (time: number): number => {
          const { image, noise } = flow.noising(time / (1 - time))
          return image * y + noise * n
        }
        const { image, noise } = flow.target(t / (1 - t))
        return (
          near(at(t), (1 - t) * y + t * n, 6) &&
          Math.abs((at(t + step) - at(t)) / step - (image * y + noise * n)) < 1e-9 &&
          near(flow.time(t / (1 - t)), 1000 * t, 1000)
        )
      }),
    )
  },
)
