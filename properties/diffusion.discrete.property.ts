/** Laws of the discrete process: betas and alpha-bar, timesteps of noise levels, posteriors, conversions of predictions. */
import fc from 'fast-check'
import t from 'tap'
import { element } from '../src/codec/element.ts'
import { alphaBars, largestBeta, sigmasOf } from '../src/diffusion/process/betas/betaSchedule.ts'
import { betaSchedules } from '../src/diffusion/process/betas/betaSchedules.ts'
import { discrete } from '../src/diffusion/process/discrete.ts'
import { posterior } from '../src/diffusion/process/posterior.ts'
import { converted } from '../src/diffusion/process/prediction/prediction.ts'
import { predictions } from '../src/diffusion/process/prediction/predictions.ts'
import { defaultProcessSettings } from '../src/diffusion/process/process.ts'
import { timestepAt } from '../src/diffusion/process/timestepAt.ts'
import { evenly } from './evenly.ts'

const number = evenly(-3, 3)
const near = (a: number, b: number, by: number): boolean => Math.abs(a - b) <= by * Math.max(Math.abs(a), Math.abs(b))
const counts = fc.oneof(fc.integer({ min: 2, max: 60 }), fc.constantFrom(250, 1000))
const schedules = fc.constantFrom(...Object.values(betaSchedules))
const prediction = fc.constantFrom(...Object.values(predictions))

for (const [name, schedule] of Object.entries(betaSchedules)) {
  t.test(
    `${name}: its name is its row's; T betas, each in (0, 0.999]; alpha-bar falls strictly, and stays above 0`,
    async (t) => {
      t.equal(schedule.name, name)
      fc.assert(
        fc.property(fc.oneof(fc.constant(1), counts), (timesteps) => {
          const betas = schedule.betas(timesteps)
          const bars = alphaBars(betas)
          return (
            betas.length === timesteps &&
            betas.every((beta) => beta > 0 && beta <= largestBeta) &&
            bars.every((bar, i) => bar > 0 && bar < (i === 0 ? 1 : element(bars, i - 1)))
          )
        }),
      )
      for (const timesteps of [0, -1, 2.5, Number.NaN])
        t.throws(
          () => schedule.betas(timesteps),
          new RangeError(`${name}: ${timesteps} is no number of timesteps, expected a whole number of at least 1`),
        )
    },
  )
}

t.test('levels are those of alpha-bar, 1 / (1 + sigma^2), counted from the first beta on, and increase', async () => {
  fc.assert(
    fc.property(schedules, counts, (schedule, timesteps) => {
      const betas = schedule.betas(timesteps)
      const sigmas = sigmasOf(betas)
      return sigmas.every((sigma, i) => {
        const bar = betas.slice(0, i + 1).reduce((product, beta) => product * (1 - beta), 1)
        return near(1 / (1 + sigma ** 2), bar, 1e-9) && (i === 0 || sigma > element(sigmas, i - 1))
      })
    }),
    { numRuns: 20 },
  )
})

t.test('timestep t adds noise of variance beta_t: x_t = sqrt(1 - beta_t) x_(t-1) + sqrt(beta_t) e', async () => {
  fc.assert(
    fc.property(schedules, counts, prediction, fc.nat(), (betas, timesteps, prediction, place) => {
      const { noising, range } = discrete({ betas, timesteps, prediction })
      const all = betas.betas(timesteps)
      const i = place % timesteps
      const beta = element(all, i)
      const level = (at: number) => noising(element(range.timesteps ?? [], at))
      const [now, before] = [level(i), i === 0 ? { image: 1, noise: 0 } : level(i - 1)]
      return (
        near(now.image, Math.sqrt(1 - beta) * before.image, 1e-9) &&
        near(now.noise ** 2, (1 - beta) * before.noise ** 2 + beta, 1e-9) &&
        near(now.image ** 2 + now.noise ** 2, 1, 1e-12)
      )
    }),
  )
})

t.test(
  'the time of a level is its timestep, between two it is interpolated in the logarithm, beyond it is the end',
  async () => {
    fc.assert(
      fc.property(schedules, counts, fc.nat(), evenly(0, 1), (betas, timesteps, place, u) => {
        const { time, range } = discrete({ ...defaultProcessSettings, betas, timesteps })
        const sigmas = range.timesteps ?? []
        const i = place % (timesteps - 1)
        const [low, high] = [element(sigmas, i), element(sigmas, i + 1)]
        return (
          sigmas.length === timesteps &&
          sigmas.every((sigma, t) => time(sigma) === t) &&
          Math.abs(time(low * (high / low) ** u) - (i + u)) < 1e-6 &&
          time(range.sigmaMin / 2) === 0 &&
          time(range.sigmaMax * 2) === timesteps - 1
        )
      }),
      { numRuns: 30 },
    )
    t.equal(timestepAt([1, 10, 100])(Math.sqrt(10)), 0.5)
  },
)

t.test("the posterior is Bayes' rule: the product of q(x_t | x_u) and q(x_u | y), as a function of x_u", async () => {
  const levels = fc
    .tuple(evenly(-5, 4), evenly(0.05, 2))
    .map(([low, more]) => [Math.exp(low + more), Math.exp(low)] as const)
  fc.assert(
    fc.property(levels, number, number, ([from, to], y, state) => {
      const bar = (sigma: number): number => 1 / (1 + sigma ** 2)
      const alpha = bar(from) / bar(to)
      // two Gaussians in x_u: of x_t = sqrt(alpha) x_u + sqrt(1 - alpha) e, and around sqrt(bar) y; precisions add
      const [one, two] = [alpha / (1 - alpha), 1 / (1 - bar(to))]
      const variance = 1 / (one + two)
      const mean = variance * ((one * state) / Math.sqrt(alpha) + two * Math.sqrt(bar(to)) * y)
      const found = posterior(from, to)
      return (
        near(found.variance, variance, 1e-8) &&
        near(found.beta, 1 - alpha, 1e-8) &&
        Math.abs(found.image * y + found.state * state - mean) < 1e-8 * (1 + Math.abs(y) + Math.abs(state))
      )
    }),
  )
})

t.test(
  'the posterior of neighbouring timesteps is that of Ho et al. 2020, Eq. 6 and 7; at timestep 0 it is the image',
  async () => {
    fc.assert(
      fc.property(schedules, counts, fc.nat(), (schedule, timesteps, place) => {
        const betas = schedule.betas(timesteps)
        const [sigmas, bars] = [sigmasOf(betas), alphaBars(betas)]
        const i = 1 + (place % (timesteps - 1))
        const [beta, bar, before] = [element(betas, i), element(bars, i), element(bars, i - 1)]
        const found = posterior(element(sigmas, i), element(sigmas, i - 1))
        const first = posterior(element(sigmas, 0), 0)
        return (
          near(found.beta, beta, 1e-7) &&
          near(found.image, (Math.sqrt(before) * beta) / (1 - bar), 1e-7) &&
          near(found.state, (Math.sqrt(1 - beta) * (1 - before)) / (1 - bar), 1e-7) &&
          near(found.variance, ((1 - before) / (1 - bar)) * beta, 1e-7) &&
          near(first.beta, element(betas, 0), 1e-9) &&
          first.image === 1 &&
          first.state === 0 &&
          first.variance === 0
        )
      }),
      { numRuns: 40 },
    )
  },
)

t.test('predictions convert into one another, with an error below 1e-14 max(sigma, 1 / sigma)', async () => {
  fc.assert(
    fc.property(
      prediction,
      prediction,
      schedules,
      counts,
      fc.nat(),
      number,
      number,
      (from, to, betas, timesteps, place, y, n) => {
        const sigmas = sigmasOf(betas.betas(timesteps))
        const s = element(sigmas, place % timesteps)
        const answerOf = ({ target }: typeof from): number => target(s).image * y + target(s).noise * n
        const { x, answer } = converted(from, to)(s)
        const found = x * (y + s * n) + answer * answerOf(from)
        return Math.abs(found - answerOf(to)) <= 1e-14 * Math.max(s, 1 / s) * (1 + Math.abs(y) + Math.abs(n))
      },
    ),
  )
})

t.test(
  'a conversion multiplies an error of the answer by at most max(sigma, 1 / sigma), of v by at most sqrt(1 + sigma^2)',
  async () => {
    fc.assert(
      fc.property(prediction, prediction, evenly(-6, 10), (from, to, log) => {
        const s = Math.exp(log)
        const grown = Math.abs(converted(from, to)(s).answer)
        return grown <= Math.max(s, 1 / s) * (1 + 1e-9) * Math.sqrt(2) && (from === to ? near(grown, 1, 1e-9) : true)
      }),
    )
  },
)

t.test('a discrete process has at least two timesteps', (t) => {
  t.throws(
    () => discrete({ ...defaultProcessSettings, timesteps: 1 }),
    new RangeError('discrete: 1 timestep, expected at least 2'),
  )
  t.end()
})
