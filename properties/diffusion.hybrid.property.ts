/** Laws of the hybrid loss: its gradients, and what the bound is at its least. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { checkGradient } from '../src/check/index.ts'
import { element } from '../src/codec/element.ts'
import { boundTerms } from '../src/diffusion/loss/boundTerms.ts'
import { variationalBound } from '../src/diffusion/loss/variationalBound.ts'
import { betaSchedules } from '../src/diffusion/process/betas/betaSchedules.ts'
import { discrete } from '../src/diffusion/process/discrete.ts'
import { predictions } from '../src/diffusion/process/prediction/predictions.ts'
import { evaluate } from '../src/lower/compile.ts'
import { key, normal } from '../src/random/key.ts'
import { input, literal, type Tensor } from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'

const image = [2, 2, 2, 1]
const drawn = (seed: number, i: number): Tensor => literal(normal(key(seed), 8 * (i + 1)).slice(8 * i), image)

/** The terms of timestep 0 and of one of the first half: later, or of few timesteps, the two variances are nearly one. */
const terms = fc
  .record({
    betas: fc.constantFrom(...Object.values(betaSchedules)),
    timesteps: fc.integer({ min: 30, max: 60 }),
    prediction: fc.constantFrom(...Object.values(predictions)),
    place: fc.nat(),
  })
  .map(({ place, ...settings }) => {
    const process = discrete(settings)
    const sigmas = process.range.timesteps ?? []
    return [0, 1 + (place % 14)].map((i) => boundTerms(process, element(sigmas, i), 1))
  })
const fed = (two: ReturnType<typeof boundTerms>[]): Tensor =>
  literal(Float64Array.from(two.flatMap((o) => [o.lowest, o.highest, o.error, o.decoder, o.factor])), [2, 1, 1, 5])

/** F so near to the target that the means differ by about a deviation: no probability is cut off at the smallest one. */
const nearTarget = (seed: number, two: ReturnType<typeof boundTerms>[]): Float64Array => {
  const [target, noise] = [normal(key(seed), 8), normal(key(seed + 2), 8)]
  return target.map((y, i) => {
    const { lowest, error } = element(two, Math.floor(i / 4))
    return y + (Math.exp(lowest / 2) / error) * element(noise, i)
  })
}

t.test('the gradient of the bound by the variance is right, and that by F is 0: the mean is detached', async () => {
  await fc.assert(
    fc.asyncProperty(terms, fc.nat(1e6), async (two, seed) => {
      const rest = { target: drawn(seed, 0), clean: drawn(seed, 1), terms: fed(two) }
      const report = await checkGradient(cpu)(
        (v: Tensor) => variationalBound({ ...rest, f: literal(nearTarget(seed, two), image), v }),
        image,
        { seed, order: 1 },
      )
      const f = input('f', image)
      const bound = variationalBound({ ...rest, f, v: drawn(seed, 3) })
      const [byF] = vjp(bound, bound, [f])
      const values = normal(key(seed + 1), 8)
      // the value depends on F, its gradient does not
      const found = await evaluate(cpu)({ bound, byF: byF ?? f }, { f: values })
      return report.ok && (found.byF ?? values).every((g) => g === 0)
    }),
    {
      numRuns: 8,
      // probabilities that are cut off have a gradient on one side only
      examples: [
        [
          [
            { lowest: -6.370282197938666, highest: -6.194405391104672, error: 1, decoder: 1, factor: 0.049 },
            {
              lowest: -3.0420440488294744,
              highest: -2.79251380601304,
              error: 0.2435350171813361,
              decoder: 0,
              factor: 0.049,
            },
          ],
          12,
        ],
      ],
    },
  )
})

t.test("the bound is least, 0, where F is its target and the variance is the posterior's own", async () => {
  await fc.assert(
    fc.asyncProperty(terms, fc.nat(1e6), async ([, one], seed) => {
      if (one === undefined) return false
      const [target, clean] = [drawn(seed, 0), drawn(seed, 1)]
      const at = (f: Tensor, v: number): Tensor =>
        variationalBound({ f, v: literal(new Float64Array(8).fill(v), image), target, clean, terms: fed([one, one]) })
      const { least, wider, wrong } = await evaluate(cpu)(
        { least: at(target, -1), wider: at(target, 0.5), wrong: at(clean, -1) },
        {},
      )
      const of = (found: ArrayLike<number> | undefined): number => found?.[0] ?? Number.NaN
      return Math.abs(of(least)) < 1e-12 && of(wider) > 0 && of(wrong) > 0
    }),
    { numRuns: 15 },
  )
})

t.test('terms are finite, and the posterior varies less than the step: beta-tilde < beta', async () => {
  fc.assert(
    fc.property(terms, (two) =>
      two.every((o) => Object.values(o).every(Number.isFinite) && o.factor > 0 && o.lowest < o.highest + 1e-12),
    ),
  )
})
