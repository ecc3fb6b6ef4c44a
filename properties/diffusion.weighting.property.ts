/** Laws of the weightings of noise levels. */
import fc from 'fast-check'
import t from 'tap'
import { uniformly, velocity } from '../spec/diffusion/outside.ts'
import { element } from '../src/codec/element.ts'
import { edmWeight } from '../src/diffusion/loss/edmWeight.ts'
import { minSnr } from '../src/diffusion/loss/minSnr.ts'
import { type Weighting, weighted } from '../src/diffusion/loss/weighting.ts'
import { weightings } from '../src/diffusion/loss/weightings.ts'
import { lognormal } from '../src/diffusion/noise/lognormal.ts'
import { betaSchedules } from '../src/diffusion/process/betas/betaSchedules.ts'
import { discrete } from '../src/diffusion/process/discrete.ts'
import { edm } from '../src/diffusion/process/edm.ts'
import type { Prediction } from '../src/diffusion/process/prediction/prediction.ts'
import { predictions } from '../src/diffusion/process/prediction/predictions.ts'
import {
  defaultProcessSettings,
  type Process,
  type ProcessFor,
  type ProcessSettings,
} from '../src/diffusion/process/process.ts'
import { processes } from '../src/diffusion/process/processes.ts'
import { evenly } from './evenly.ts'

const level = evenly(-6, 5).map((x) => Math.exp(x))
const data = evenly(0.1, 2)
const levels = fc.record({ mean: evenly(-2, 1), std: evenly(0.3, 1.5) }).map(lognormal)

/** The settings of every process that settings can name, of this deviation. */
const settings = (sigmaData: number): ProcessSettings => ({ ...defaultProcessSettings, sigmaData, timesteps: 30 })
/** The discrete processes of every beta schedule that predict something. */
const predicting = (prediction: Prediction): fc.Arbitrary<Process> =>
  fc.constantFrom(...Object.values(betaSchedules)).map((betas) => discrete({ betas, timesteps: 1000, prediction }))

const all: readonly (readonly [string, ProcessFor])[] = [
  ...Object.entries(processes),
  ...Object.values(predictions).map((prediction): readonly [string, ProcessFor] => [
    prediction.name,
    (c) => processes.discrete({ ...c, prediction }),
  ]),
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
            const process = processOf(settings(sd))
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
      const process = velocity()
      const c = { process, sigmaData: sd, distribution: uniformly }
      return weighted(weightings.process, c).weight(s) === process.weight(s)
    }),
  )
})

/** Hang et al. 2023: min-SNR weights of the squared error of what a network predicts, for images of variance 1. */
const published: readonly (readonly [string, fc.Arbitrary<Process>, (snr: number) => number])[] = [
  ['v', predicting(predictions.v_prediction), (snr) => Math.min(snr, 5) / (1 + snr)],
  ['noise', predicting(predictions.epsilon), (snr) => Math.min(snr, 5) / snr],
  ['the clean image', predicting(predictions.sample), (snr) => Math.min(snr, 5)],
]

for (const [name, processes, weight] of published)
  t.test(
    `min_snr: up to one factor the weight is the published one at every timestep, predicting ${name}`,
    async () => {
      fc.assert(
        fc.property(processes, fc.tuple(fc.nat(999), fc.nat(999)), levels, (process, places, distribution) => {
          const factor = minSnr.factor({ process, sigmaData: 1, distribution })
          const sigmas = process.range.timesteps ?? []
          // SNR of a timestep is alphaBar / (1 - alphaBar) = 1 / sigma^2
          const [s, r] = [element(sigmas, places[0]), element(sigmas, places[1])]
          const [ours, theirs] = [factor(s) / factor(r), weight(1 / s ** 2) / weight(1 / r ** 2)]
          return Math.abs(ours - theirs) <= 1e-9 * theirs
        }),
        { numRuns: 10 },
      )
    },
  )

t.test('min_snr: of EDM it is the published weight of v, for images of any variance', async () => {
  fc.assert(
    fc.property(fc.tuple(level, level), data, levels, ([s, r], sigmaData, distribution) => {
      const factor = minSnr.factor({ process: edm(sigmaData), sigmaData, distribution })
      const weight = (sigma: number): number => {
        const snr = (sigmaData / sigma) ** 2
        return Math.min(snr, 5) / (1 + snr)
      }
      const [ours, theirs] = [factor(s) / factor(r), weight(s) / weight(r)]
      return Math.abs(ours - theirs) <= 1e-9 * theirs
    }),
    { numRuns: 10 },
  )
})

t.test(
  "edm: the squared error of D counts EDM's lambda, whatever the process; of EDM it is its own weight",
  async () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), level, data, evenly(-3, 3), ([, processOf], s, sd, error) => {
        const process = processOf(settings(sd))
        const { weight } = weighted(edmWeight, { process, sigmaData: sd, distribution: uniformly })
        // an error of F by `error` is one of D by out times as much
        const ofD = ((s ** 2 + sd ** 2) / (s * sd) ** 2) * (process.denoised(s).out * error) ** 2
        const own = processOf !== processes.edm || Math.abs(weight(s) - process.weight(s)) < 1e-9
        return own && Math.abs(weight(s) * error ** 2 - ofD) <= 1e-9 * ofD
      }),
    )
  },
)

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
