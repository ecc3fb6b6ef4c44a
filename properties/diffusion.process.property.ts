/** Laws of diffusion processes, for those of the table and two from outside of it, at any noise level. */
import fc from 'fast-check'
import t from 'tap'
import { flow, velocity } from '../spec/diffusion/outside.ts'
import { mse } from '../src/diffusion/loss/mse.ts'
import { edm } from '../src/diffusion/process/edm.ts'
import type { ProcessFor } from '../src/diffusion/process/process.ts'
import { processes } from '../src/diffusion/process/processes.ts'
import { evenly } from './evenly.ts'

const level = evenly(-6, 5).map((x) => Math.exp(x))
const data = evenly(0.1, 2)
const number = evenly(-3, 3)
const near = (a: number, b: number, size: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1e-6, size)

const all: readonly (readonly [string, ProcessFor])[] = [
  ...Object.entries(processes),
  ['flow', () => flow],
  ['v', velocity],
]

for (const [name, processOf] of all) {
  t.test(`${name}: its name is its row's`, async (t) => {
    t.equal(processOf({ sigmaData: 0.5 }).name, name)
  })

  t.test(`${name}: the input in training is the input in sampling, of x = y + s n`, async () => {
    fc.assert(
      fc.property(level, data, number, number, (s, sd, y, n) => {
        const { image, noise } = processOf({ sigmaData: sd }).noising(s)
        return near(image * y + noise * n, image * (y + s * n), image * (Math.abs(y) + s * Math.abs(n)))
      }),
    )
  })

  t.test(`${name}: if F is the target, D is the clean image`, async () => {
    fc.assert(
      fc.property(level, data, number, number, (s, sd, y, n) => {
        const { target, denoised } = processOf({ sigmaData: sd })
        const { skip, out } = denoised(s)
        const f = target(s).image * y + target(s).noise * n
        return near(skip * (y + s * n) + out * f, y, Math.abs(y) + s * Math.abs(n))
      }),
    )
  })

  t.test(`${name}: weights are positive, and everything is finite`, async () => {
    fc.assert(
      fc.property(level, data, (s, sd) => {
        const p = processOf({ sigmaData: sd })
        const { skip, out } = p.denoised(s)
        const numbers = [skip, out, p.time(s), ...Object.values(p.noising(s)), ...Object.values(p.target(s))]
        return p.weight(s) > 0 && numbers.every(Number.isFinite)
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
