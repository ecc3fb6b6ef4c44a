/** Laws of the weightings of noise levels. */
import fc from 'fast-check'
import t from 'tap'
import { flow, uniformly, velocity } from '../spec/diffusion/outside.ts'
import { minSnr } from '../src/diffusion/loss/minSnr.ts'
import { type Weighting, weighted } from '../src/diffusion/loss/weighting.ts'
import { weightings } from '../src/diffusion/loss/weightings.ts'
import { lognormal } from '../src/diffusion/noise/lognormal.ts'
import { edm } from '../src/diffusion/process/edm.ts'
import type { Process, ProcessFor } from '../src/diffusion/process/process.ts'
import { processes } from '../src/diffusion/process/processes.ts'
import { edmRange } from '../src/diffusion/schedule/schedule.ts'
import { evenly } from './evenly.ts'

const level = evenly(-6, 5).map((x) => Math.exp(x))
const data = evenly(0.1, 2)
const levels = fc.record({ mean: evenly(-2, 1), std: evenly(0.3, 1.5) }).map(lognormal)

/** Noise prediction, x = y + sigma n and F = n. */
const noisePrediction: Process = {
  name: 'eps',
  noising: (s) => ({ image: 1, noise: s }),
  target: () => ({ image: 0, noise: 1 }),
  weight: () => 1,
  denoised: (s) => ({ skip: 1, out: -s }),
  time: (s) => s,
  range: edmRange,
}
/** Prediction of the clean image. */
const imagePrediction: Process = {
  ...noisePrediction,
  target: () => ({ image: 1, noise: 0 }),
  denoised: () => ({ skip: 0, out: 1 }),
}

const all: readonly (readonly [string, ProcessFor])[] = [
  ...Object.entries(processes),
  ['flow', () => flow],
  ['v', velocity],
]

for (const [name, weighting] of Object.entries<Weighting>(weightings)) {
  t.test(`${name}: its name is its row's`, async (t) => {
    t.equal(weighting.name, name)
  })

  for (const [of, processOf] of all)
    t.test(
      `${name} of ${of}: weights are finite and not negative; all but the weight stays the process's`,
      async () => {
        fc.assert(
          fc.property(level, data, levels, (s, sd, distribution) => {
            const process = processOf({ sigmaData: sd })
            const { weight, ...rest } = weighted(weighting, { process, sigmaData: sd, distribution })
            const { weight: _, ...own } = process
            return (
              Number.isFinite(weight(s)) &&
              weight(s) >= 0 &&
              JSON.stringify([rest.noising(s), rest.target(s), rest.denoised(s), rest.time(s)]) ===
                JSON.stringify([own.noising(s), own.target(s), own.denoised(s), own.time(s)])
            )
          }),
          { numRuns: 5 },
        )
      },
    )
}

t.test("process: it is the process's own weight", async () => {
  fc.assert(
    fc.property(level, data, (s, sd) => {
      const process = velocity({ sigmaData: sd })
      const c = { process, sigmaData: sd, distribution: uniformly }
      return weighted(weightings.process, c).weight(s) === process.weight(s)
    }),
  )
})

/** Hang et al. 2023: min-SNR weights of the squared error of what a network predicts, for images of variance 1. */
const published: readonly (readonly [string, ProcessFor, (snr: number) => number])[] = [
  ['EDM, of any variance', processes.edm, (snr) => Math.min(snr, 5) / (1 + snr)],
  ['v', velocity, (snr) => Math.min(snr, 5) / (1 + snr)],
  ['noise', () => noisePrediction, (snr) => Math.min(snr, 5) / snr],
  ['the clean image', () => imagePrediction, (snr) => Math.min(snr, 5)],
]

for (const [name, processOf, weight] of published)
  t.test(`min_snr: up to one factor the weight is the published one, predicting ${name}`, async () => {
    fc.assert(
      fc.property(fc.tuple(level, level), data, levels, ([s, r], other, distribution) => {
        const sigmaData = processOf === processes.edm ? other : 1
        const factor = minSnr.factor({ process: processOf({ sigmaData }), sigmaData, distribution })
        const snr = (sigma: number): number => (sigmaData / sigma) ** 2
        const [ours, theirs] = [factor(s) / factor(r), weight(snr(s)) / weight(snr(r))]
        return Math.abs(ours - theirs) <= 1e-9 * theirs
      }),
      { numRuns: 10 },
    )
  })

t.test('min_snr: the mean weight of the noise levels of training is 1', async () => {
  fc.assert(
    fc.property(data, fc.record({ mean: evenly(-2, 1), std: evenly(0.3, 1.5) }), (sd, noise) => {
      const { weight } = weighted(minSnr, { process: edm(sd), sigmaData: sd, distribution: lognormal(noise) })
      // by quadrature over the normal distribution of ln sigma
      const [points, width] = [4001, 5]
      const [sum, mass] = Array.from({ length: points }, (_, i) => -width + (2 * width * i) / (points - 1)).reduce(
        ([w, m], z) => {
          const density = Math.exp((-z * z) / 2)
          return [w + density * weight(Math.exp(noise.mean + noise.std * z)), m + density] as const
        },
        [0, 0] as readonly [number, number],
      )
      // the mean is over 4,096 levels: five of its standard deviations, for weights that deviate by up to their mean
      return Math.abs(sum / mass - 1) < 5 / Math.sqrt(4096)
    }),
    { numRuns: 8 },
  )
})
