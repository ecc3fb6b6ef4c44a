/** Single steps of samplers against their closed forms, and what one sampler has in common with another. */
import fc from 'fast-check'
import t from 'tap'
import { type Churn, churned, noChurn } from '../src/diffusion/sampler/churn.ts'
import { ddim } from '../src/diffusion/sampler/ddim.ts'
import { ddpm } from '../src/diffusion/sampler/ddpm.ts'
import { dpmpp2m } from '../src/diffusion/sampler/dpmpp2m.ts'
import { dpmpp2mSde } from '../src/diffusion/sampler/dpmpp2mSde.ts'
import { euler } from '../src/diffusion/sampler/euler.ts'
import { freshNoise } from '../src/diffusion/sampler/freshNoise.ts'
import { heun } from '../src/diffusion/sampler/heun.ts'
import { type Denoise, type Sampler, startingAt } from '../src/diffusion/sampler/sampler.ts'
import { unipc } from '../src/diffusion/sampler/unipc.ts'
import { karras } from '../src/diffusion/schedule/karras.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { at, range } from '../src/tensor/axes.ts'
import { evenly } from './evenly.ts'

const image = fc.array(evenly(-3, 3), { minLength: 6, maxLength: 6 }).map((xs) => Float64Array.from(xs))
const keys = [key(1), key(2), key(3)]
const bent: Denoise = async (x, s) => ({ denoised: x.map((v, i) => Math.tanh(v / (1 + s)) + 0.1 * i) })
const close = (a: ArrayLike<number>, b: ArrayLike<number>, size: number): boolean =>
  a.length === b.length && range(a.length).every((i) => Math.abs(at(a, i) - at(b, i)) <= 1e-11 * Math.max(1, size))

/** Two levels s > t > 0, where 1 - alpha-bar keeps its digits. */
const two = fc
  .tuple(evenly(-2, 4), evenly(0.05, 3))
  .map(([low, more]) => ({ s: Math.exp(low + more), t: Math.exp(low) }))

/** alpha-bar of a noise level: a variance-preserving x_t has the noise sqrt(1 - alpha-bar). */
const alphaBar = (sigma: number): number => 1 / (1 + sigma ** 2)

t.test('fresh noise: each image from its own key, a child of it by step, whatever the batch', async (t) => {
  fc.assert(
    fc.property(fc.nat(100), fc.integer({ min: 1, max: 4 }), (index, each) => {
      const whole = freshNoise({ keys, index }, 3 * each)
      return keys.every(
        (key, i) => whole.slice(i * each, (i + 1) * each).join() === normal(fold(key, index), each).join(),
      )
    }),
  )
  t.throws(() => freshNoise({ keys, index: 0 }, 4), {
    message: 'noise for 4 numbers of 3 images: expected a key for each image',
  })
})

// ----------------------------------------------------------------------------------- DDPM and DDIM, as the papers have them
/**
 * Mean and variance of q(x_t | x_s, x_0) for variance-preserving x (Ho et al. 2020, Eq. 7), for a stretch from s to t:
 * alpha = alpha-bar_s / alpha-bar_t.
 */
const posterior = (s: number, t: number) => {
  const [barS, barT] = [alphaBar(s), alphaBar(t)]
  const alpha = barS / barT
  const beta = 1 - alpha
  return {
    ofEstimate: (Math.sqrt(barT) * beta) / (1 - barS),
    ofState: (Math.sqrt(alpha) * (1 - barT)) / (1 - barS),
    beta,
    betaTilde: ((1 - barT) / (1 - barS)) * beta,
  }
}

t.test('ddpm: mean and variance are those of the posterior, the learned one between its two bounds', async () => {
  await fc.assert(
    fc.asyncProperty(two, image, image, evenly(-1, 1), async ({ s, t }, start, estimate, v) => {
      const x = startingAt([s], start)
      const noise = freshNoise({ keys, index: 0 }, x.length)
      const { ofEstimate, ofState, beta, betaTilde } = posterior(s, t)
      const frac = (v + 1) / 2
      const variances = {
        fixed_small: betaTilde,
        fixed_large: beta,
        learned_range: Math.exp(frac * Math.log(beta) + (1 - frac) * Math.log(betaTilde)),
      }
      const ran = (sampler: Sampler, answer: Awaited<ReturnType<Denoise>>) =>
        sampler.run(async () => answer, [s, t], keys)(x)
      const expected = (variance: number) =>
        x.map((x, i) => {
          const ownFrame = ofEstimate * at(estimate, i) + ofState * Math.sqrt(alphaBar(s)) * x
          return (ownFrame + Math.sqrt(variance) * at(noise, i)) / Math.sqrt(alphaBar(t))
        })
      const learned = { denoised: estimate, variance: x.map(() => v) }
      return (
        close(await ran(ddpm({ variance: 'fixed_small' }), learned), expected(variances.fixed_small), s) &&
        close(await ran(ddpm({ variance: 'fixed_large' }), learned), expected(variances.fixed_large), s) &&
        close(await ran(ddpm(), learned), expected(variances.learned_range), s) &&
        close(await ran(ddpm(), { denoised: estimate }), expected(variances.fixed_small), s)
      )
    }),
  )
})

t.test('ddim: Eq. 12 with sigma_t of Eq. 16; eps is the unclipped estimate, unless told otherwise', async () => {
  await fc.assert(
    fc.asyncProperty(two, image, image, evenly(0, 1), fc.boolean(), async ({ s, t }, start, answer, eta, own) => {
      const x = startingAt([s], start)
      const noise = freshNoise({ keys, index: 0 }, x.length)
      const [barS, barT] = [alphaBar(s), alphaBar(t)]
      const std = eta * Math.sqrt((1 - barT) / (1 - barS)) * Math.sqrt(1 - barS / barT)
      const clipped = answer.map((v) => Math.max(-1, Math.min(1, v)))
      const believed = own ? clipped : answer
      const expected = x.map((x, i) => {
        const eps = (Math.sqrt(barS) * x - Math.sqrt(barS) * at(believed, i)) / Math.sqrt(1 - barS)
        const direction = Math.sqrt(Math.max(0, 1 - barT - std ** 2)) * eps
        return (Math.sqrt(barT) * at(clipped, i) + direction + std * at(noise, i)) / Math.sqrt(barT)
      })
      const denoise: Denoise = async () => ({ denoised: clipped, unclipped: answer })
      return close(await ddim({ eta, useClippedModelOutput: own }).run(denoise, [s, t], keys)(x), expected, s)
    }),
  )
})

/** Both samplers from the same noise with the same keys. */
const agree = (one: Sampler, other: Sampler) =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), image, async (n, noise) => {
      const levels = karras.levels(n, { sigmaMin: 0.02, sigmaMax: 20 })
      const start = startingAt(levels, noise)
      return close(await one.run(bent, levels, keys)(start), await other.run(bent, levels, keys)(start), 20)
    }),
  )

t.test('ddim with eta 0 is euler, for any denoiser', () => agree(ddim({ eta: 0 }), euler()))
t.test('ddim with eta 1 is ddpm with fixed_small, for any denoiser', () =>
  agree(ddim({ eta: 1 }), ddpm({ variance: 'fixed_small' })),
)
t.test('an eta outside of 0 to 1 is an error', async (t) => {
  for (const eta of [-0.1, 1.1, Number.NaN])
    t.throws(() => ddim({ eta }), { message: `ddim: eta is ${eta}, expected a number from 0 to 1` })
})

// ------------------------------------------------------------------------------------------------------------------- churn
t.test('churn: Algorithm 2, lines 4 to 6', async () => {
  const parameters = fc.record({
    sChurn: evenly(0, 20),
    sTmin: evenly(0, 2),
    sTmax: evenly(1, 8),
    sNoise: evenly(0.9, 1.1),
  })
  await fc.assert(
    fc.property(parameters, evenly(0.05, 10), fc.integer({ min: 1, max: 20 }), image, (p, s, steps, x) => {
      const { x: hat, sigma } = churned(p)(x, { from: s, to: s / 2, index: 3, steps, keys })
      const inside = s >= p.sTmin && s <= p.sTmax
      const gamma = inside ? Math.min(p.sChurn / steps, Math.sqrt(2) - 1) : 0
      const noise = freshNoise({ keys, index: 3 }, x.length)
      const expected = x.map((v, i) => v + Math.sqrt((s * (1 + gamma)) ** 2 - s ** 2) * p.sNoise * at(noise, i))
      return Math.abs(sigma - s * (1 + gamma)) <= 1e-12 * s && close(hat, expected, s)
    }),
  )
})

t.test('churn 0 is no churn, and needs no keys', async () => {
  const still: Churn = { sChurn: 0, sTmin: 0.1, sTmax: 3, sNoise: 2 }
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 8 }), image, async (n, noise) => {
      const levels = karras.levels(n, { sigmaMin: 0.02, sigmaMax: 20 })
      const start = startingAt(levels, noise)
      const same = async (of: (churn?: Churn) => Sampler) =>
        (await of(still).run(bent, levels, [])(start)).join() === (await of().run(bent, levels, [])(start)).join()
      return (await same(euler)) && (await same(heun))
    }),
  )
})

t.test('churn: other keys give other images', async (t) => {
  const levels = karras.levels(4, { sigmaMin: 0.02, sigmaMax: 20 })
  for (const make of [euler, heun]) {
    const drawn = (k: number) => make({ ...noChurn, sChurn: 4 }).run(bent, levels, [key(k)])(Float64Array.of(1, 2))
    t.notSame(await drawn(1), await drawn(2))
  }
})

// --------------------------------------------------------------------------------------------- DPM-Solver++ and UniPC
/** The mean of the exact solution from lambda = -log s to -log t for D(lambda) alone, integrated by Simpson's rule. */
const exact = (power: number, x: number, d: (lambda: number) => number, s: number, t: number): number => {
  const [from, h] = [-Math.log(s), Math.log(s / t)]
  const f = (u: number): number => power * Math.exp(-power * (h - u)) * d(from + u)
  const n = 200
  const sum = range(n + 1).reduce((sum, i) => sum + (i === 0 || i === n ? 1 : i % 2 === 0 ? 2 : 4) * f((i * h) / n), 0)
  return Math.exp(-power * h) * x + (sum * h) / (3 * n)
}

/** Decreasing levels above 0, unevenly spaced. */
const falling = (n: number) =>
  fc
    .tuple(evenly(-1, 1), fc.array(evenly(0.2, 0.9), { minLength: n, maxLength: n }))
    .map(([high, falls]) =>
      falls.reduce<readonly number[]>(
        (all, fall) => [...all, at(all, all.length - 1) * Math.exp(-fall)],
        [Math.exp(high)],
      ),
    )
const coefficients = fc.tuple(evenly(-1, 1), evenly(-1, 1), evenly(-1, 1))

/** All states on the way of one number, the first too. */
const states = async (sampler: Sampler, levels: readonly number[], d: (lambda: number) => number) => {
  const found: number[] = [0.5]
  const denoise: Denoise = async (x, s) => ({ denoised: x.map(() => d(-Math.log(s))) })
  await sampler.run(denoise, levels, [key(4)], ({ x }) => found.push(at(x, 0)))(Float64Array.of(0.5))
  return found
}
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-8 * Math.max(1, Math.abs(b))

t.test('dpmpp-2m and its SDE with heun: exact for D linear in lambda, from the second step on', async () => {
  await fc.assert(
    fc.asyncProperty(falling(4), coefficients, async (levels, [c0, c1]) => {
      const d = (lambda: number): number => c0 + c1 * lambda
      const options = { solverType: 'heun', lowerOrderFinal: false } as const
      const ode = await states(dpmpp2m(options), levels, d)
      const sde = await states(dpmpp2mSde(options), levels, d)
      return [1, 2, 3].every((i) => {
        const [s, t] = [at(levels, i), at(levels, i + 1)]
        const std = Math.sqrt(t ** 2 * (1 - Math.exp(-2 * Math.log(s / t))))
        const drawn = std * at(freshNoise({ keys: [key(4)], index: i }, 1), 0)
        return (
          near(at(ode, i + 1), exact(1, at(ode, i), d, s, t)) &&
          near(at(sde, i + 1) - drawn, exact(2, at(sde, i), d, s, t))
        )
      })
    }),
    { numRuns: 30 },
  )
})

t.test('dpmpp-2m with midpoint: half of the weight of D0 for D1, in the letters of the paper', async () => {
  await fc.assert(
    fc.asyncProperty(falling(3), coefficients, async (levels, [c0, c1, c2]) => {
      const d = (lambda: number): number => c0 + c1 * lambda + c2 * lambda ** 2
      const found = await states(dpmpp2m({ lowerOrderFinal: false }), levels, d)
      return [1, 2].every((i) => {
        const [before, s, t] = [at(levels, i - 1), at(levels, i), at(levels, i + 1)]
        const [alphaS, alphaT] = [Math.sqrt(alphaBar(s)), Math.sqrt(alphaBar(t))]
        const [h, r0] = [Math.log(s / t), Math.log(before / s) / Math.log(s / t)]
        const d0 = d(-Math.log(s))
        const d1 = (d0 - d(-Math.log(before))) / r0
        const ownFrame =
          ((t * alphaT) / (s * alphaS)) * alphaS * at(found, i) - alphaT * (Math.exp(-h) - 1) * (d0 + d1 / 2)
        return near(at(found, i + 1), ownFrame / alphaT)
      })
    }),
    { numRuns: 30 },
  )
})

t.test('the first step of the SDE solver is that of ddpm with fixed_small', async () => {
  await fc.assert(
    fc.asyncProperty(two, image, async ({ s, t }, noise) => {
      const ran = (sampler: Sampler) => sampler.run(bent, [s, t], keys)(startingAt([s], noise))
      return close(await ran(dpmpp2mSde()), await ran(ddpm({ variance: 'fixed_small' })), s)
    }),
  )
})

t.test('unipc: its predictor is dpmpp-2m, its corrector is exact for D quadratic in lambda', async () => {
  await fc.assert(
    fc.asyncProperty(falling(5), coefficients, async (levels, [c0, c1, c2]) => {
      const d = (lambda: number): number => c0 + c1 * lambda + c2 * lambda ** 2
      const found = await states(unipc({ lowerOrderFinal: false }), levels, d)
      // the corrected state from which a step was predicted, from where the prediction ended
      const corrected = (i: number): number => {
        const [before, s, t] = [at(levels, i - 1), at(levels, i), at(levels, i + 1)]
        const [d0, d1] = [d(-Math.log(s)), d(-Math.log(before))]
        const r = Math.log(s / t) / Math.log(before / s)
        return (at(found, i + 1) - (1 - t / s) * (d0 + (r * (d0 - d1)) / 2)) / (t / s)
      }
      return [2, 3, 4].every((i) => near(corrected(i), exact(1, corrected(i - 1), d, at(levels, i - 1), at(levels, i))))
    }),
    { numRuns: 30 },
  )
})

/** Of the last of n steps, whether it is the first-order step from where the one before ended. */
const endsInFirstOrder = async (sampler: Sampler, n: number, start: Float64Array): Promise<boolean> => {
  const levels = karras.levels(n + 1, { sigmaMin: 0.3, sigmaMax: 5 }).slice(0, -1)
  const states: Float64Array[] = []
  const x = await sampler.run(bent, levels, keys, (taken) => states.push(taken.x))(start)
  const [s, t, before] = [at(levels, n - 1), at(levels, n), at(states, n - 2)]
  return close(x, await euler().run(bent, [s, t], keys)(before), 1)
}

t.test('dpmpp-2m: the last of fewer than 15 steps is of first order, unless told otherwise', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(4, 14, 15), image, async (n, start) => {
      const [lower, same] = [dpmpp2m({ lowerOrderFinal: true }), dpmpp2m({ lowerOrderFinal: false })]
      return (await endsInFirstOrder(lower, n, start)) === n < 15 && !(await endsInFirstOrder(same, n, start))
    }),
    { numRuns: 30 },
  )
})
