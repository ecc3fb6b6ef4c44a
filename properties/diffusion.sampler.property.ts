/** Laws of samplers, for those of the tables and for some from outside of them. */
import fc from 'fast-check'
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import t from 'tap'
import { ancestral } from '../spec/diffusion/outside.ts'
import { noChurn } from '../src/diffusion/sampler/churn.ts'
import { ddim } from '../src/diffusion/sampler/ddim.ts'
import { ddpm } from '../src/diffusion/sampler/ddpm.ts'
import { dpmpp2m } from '../src/diffusion/sampler/dpmpp2m.ts'
import { dpmpp2mSde } from '../src/diffusion/sampler/dpmpp2mSde.ts'
import { euler } from '../src/diffusion/sampler/euler.ts'
import { heun } from '../src/diffusion/sampler/heun.ts'
import { type Denoise, type Sampler, type StepTaken, startingAt } from '../src/diffusion/sampler/sampler.ts'
import { defaultSamplerOptions, type SamplerOptions, type SamplerRow } from '../src/diffusion/sampler/samplerOptions.ts'
import { samplers } from '../src/diffusion/sampler/samplers.ts'
import { karras } from '../src/diffusion/schedule/karras.ts'
import { edmRange, type NoiseRange } from '../src/diffusion/schedule/schedule.ts'
import { fold, key } from '../src/random/key.ts'
import { at } from '../src/tensor/axes.ts'
import { evenly } from './evenly.ts'

const range: fc.Arbitrary<NoiseRange> = fc
  .tuple(evenly(-6, 0), evenly(0.5, 5))
  .map(([low, high]) => ({ sigmaMin: Math.exp(low), sigmaMax: Math.exp(high) }))
const steps = fc.integer({ min: 1, max: 30 })
const image = fc.array(evenly(-3, 3), { minLength: 6, maxLength: 6 }).map((xs) => Float64Array.from(xs))
const keys = [key(1), key(2), key(3)]

/** D and v depend on x, the noise level and the element: no law below rests on a special form of them. */
const bent: Denoise = async (x, s) => ({
  denoised: x.map((v, i) => Math.tanh(v / (1 + s)) + 0.1 * i),
  variance: x.map((v) => Math.tanh(v)),
})

const rows: readonly (readonly [string, Sampler])[] = Object.entries(samplers).map(([name, { of }]) => [
  name,
  of(defaultSamplerOptions),
])
const churn = { ...noChurn, sChurn: 3, sTmin: 0.01, sNoise: 1.1 }
/** Those that start a step above its level. */
const churned: readonly (readonly [string, Sampler])[] = [
  ['euler with churn', euler(churn)],
  ['heun with churn', heun(churn)],
]
const all: readonly (readonly [string, Sampler])[] = [
  ...rows,
  ...churned,
  ['ddim with eta', ddim({ eta: 0.7 })],
  ['ddpm, fixed_large', ddpm({ variance: 'fixed_large' })],
  ['dpmpp-2m, heun', dpmpp2m({ solverType: 'heun', lowerOrderFinal: false })],
  ['dpmpp-2m-sde, heun', dpmpp2mSde({ solverType: 'heun', lowerOrderFinal: false })],
  ['ancestral', ancestral],
]

for (const [name, sampler] of rows)
  t.test(`${name}: its name is its row's`, async (t) => {
    t.equal(sampler.name, name)
  })

for (const [name, { of, uses }] of Object.entries<SamplerRow>(samplers))
  t.test(`${name}: it depends on the options that its row says`, async (t) => {
    const levels = [9, 4, 1.5, 0.5]
    const ran = async (options: SamplerOptions): Promise<string> => {
      const clipped: Denoise = async (x, s) => {
        const { denoised, ...more } = await bent(x, s)
        return { ...more, denoised: denoised.map((v) => v / 2), unclipped: denoised }
      }
      const x = await of(options).run(clipped, levels, keys)(startingAt(levels, Float64Array.of(1, -2, 0.5)))
      return x.join()
    }
    const usual = await ran(defaultSamplerOptions)
    const changed: SamplerOptions = {
      eta: 0.7,
      useClippedModelOutput: true,
      variance: 'fixed_large',
      solverType: 'heun',
      lowerOrderFinal: false,
      churn,
    }
    for (const option of RR.keys(changed))
      t.equal(
        (await ran({ ...defaultSamplerOptions, [option]: changed[option] })) !== usual,
        uses.includes(option),
        option,
      )
  })

for (const [name, sampler] of all) {
  const isChurned = churned.some(([other]) => other === name)
  t.test(`${name}: one step to level 0 is D`, async () => {
    await fc.assert(
      fc.asyncProperty(evenly(-3, 5), image, async (logSigma, noise) => {
        const levels = [Math.exp(logSigma), 0]
        let last: StepTaken | undefined
        const x = await sampler.run(bent, levels, keys, (taken) => {
          last = taken
        })(startingAt(levels, noise))
        return x.every((v, i) => Math.abs(v - (last?.denoised[i] ?? Number.NaN)) <= 1e-12 * (1 + at(levels, 0)))
      }),
    )
  })

  t.test(`${name}: a constant answer is reached, from any noise in any number of steps`, async () => {
    await fc.assert(
      fc.asyncProperty(range, steps, image, image, async (r, n, noise, picture) => {
        const levels = karras.levels(n, r)
        const start = startingAt(levels, noise)
        const x = await sampler.run(async () => ({ denoised: picture }), levels, keys)(start)
        return x.every((v, i) => Math.abs(v - (picture[i] ?? Number.NaN)) <= 1e-12 * r.sigmaMax)
      }),
    )
  })

  t.test(`${name}: evaluations(steps) counts the calls, at positive levels that never rise without churn`, async () => {
    await fc.assert(
      fc.asyncProperty(range, steps, image, async (r, n, noise) => {
        const asked: number[] = []
        const denoise: Denoise = (x, s) => {
          asked.push(s)
          return bent(x, s)
        }
        const levels = karras.levels(n, r)
        await sampler.run(denoise, levels, keys)(startingAt(levels, noise))
        const falls = asked.every((s, i) => s > 0 && (i === 0 || isChurned || s <= (asked[i - 1] ?? Number.NaN)))
        return asked.length === sampler.evaluations(n) && falls
      }),
    )
  })

  t.test(
    `${name}: onStep is called after each step, with the level reached, the state there, and D where it began`,
    async () => {
      await fc.assert(
        fc.asyncProperty(range, steps, image, async (r, n, noise) => {
          const taken: StepTaken[] = []
          const levels = karras.levels(n, r)
          const x = await sampler.run(bent, levels, keys, (step) => taken.push(step))(startingAt(levels, noise))
          return (
            taken.length === n &&
            taken.every((s, i) => s.step === i + 1 && s.steps === n && s.sigma === levels[i + 1]) &&
            taken.at(-1)?.x.join() === x.join() &&
            (isChurned ||
              taken[0]?.denoised.join() === (await bent(startingAt(levels, noise), at(levels, 0))).denoised.join())
          )
        }),
      )
    },
  )

  t.test(
    `${name}: the same keys give the same images, and an image depends on its own key and noise only`,
    async () => {
      await fc.assert(
        fc.asyncProperty(steps, image, fc.integer({ min: 0, max: 2 }), async (n, noise, i) => {
          // two numbers an image, and a denoiser that treats all images alike
          const each: Denoise = async (x, s) => ({
            denoised: x.map((v) => Math.tanh(v / (1 + s))),
            variance: x.map((v) => Math.tanh(v)),
          })
          const of = (x: Float64Array): Float64Array => x.slice(2 * i, 2 * i + 2)
          const levels = karras.levels(n, edmRange)
          const whole = await sampler.run(each, levels, keys)(startingAt(levels, noise))
          const again = await sampler.run(each, levels, keys)(startingAt(levels, noise))
          const alone = await sampler.run(each, levels, keys.slice(i, i + 1))(of(startingAt(levels, noise)))
          return whole.join() === again.join() && of(whole).join() === alone.join()
        }),
      )
    },
  )

  t.test(`${name}: levels that do not fall are an error`, async (t) => {
    for (const levels of [[], [0], [1], [1, 2, 0], [2, 2, 0], [1, -1], [Number.NaN, 0], [Number.POSITIVE_INFINITY, 0]])
      t.throws(() => sampler.run(bent, levels, keys), {
        name: 'RangeError',
        message: `noise levels [${levels.join(', ')}]: expected at least two, decreasing, none below 0`,
      })
  })
}

t.test('a sampler with noise of its own: other keys give other images', async (t) => {
  const levels = karras.levels(4, edmRange)
  const noise = Float64Array.of(1, 2)
  const a = await ancestral.run(bent, levels, [key(1)])(noise)
  t.notSame(await ancestral.run(bent, levels, [fold(key(1), 1)])(noise), a)
})
