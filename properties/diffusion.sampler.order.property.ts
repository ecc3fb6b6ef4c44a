/**
 * Convergence of samplers on normal data, where the ideal denoiser and the ODE's path are known: between sigma max and sigma min,
 * before the last step to 0, which is of first order for all.
 */
import fc from 'fast-check'
import t from 'tap'
import { noChurn } from '../src/diffusion/sampler/churn.ts'
import { ddim } from '../src/diffusion/sampler/ddim.ts'
import { ddpm } from '../src/diffusion/sampler/ddpm.ts'
import { dpmpp2m } from '../src/diffusion/sampler/dpmpp2m.ts'
import { dpmpp2mSde } from '../src/diffusion/sampler/dpmpp2mSde.ts'
import { euler } from '../src/diffusion/sampler/euler.ts'
import { heun } from '../src/diffusion/sampler/heun.ts'
import { unipc } from '../src/diffusion/sampler/unipc.ts'
import { evenly } from './evenly.ts'
import { type Gaussian, momentErrors, pathError, reached } from './gaussian.ts'

const data: fc.Arbitrary<Gaussian> = fc.record({ mean: evenly(-0.5, 0.5), variance: evenly(0.5, 2) })
/** The power of the step with which an error falls that twice the steps take from `one` to `two`. */
const order = (one: number, two: number): number => Math.log2(one / two)

for (const [name, sampler, expected] of [
  ['euler', euler(), 1],
  ['ddim', ddim(), 1],
  ['heun', heun(), 2],
  ['dpmpp-2m', dpmpp2m(), 2],
  ['dpmpp-2m, heun', dpmpp2m({ solverType: 'heun' }), 2],
  // the corrector lifts the predictor's order 2; a last step of order 1 would hide it
  ['unipc', unipc({ lowerOrderFinal: false }), 3],
] as const)
  t.test(`${name}: for normal data it converges to the ODE's path with power ${expected} of the step`, async () => {
    await fc.assert(
      fc.asyncProperty(data, fc.integer({ min: 48, max: 96 }), async (data, n) => {
        const found = order(await pathError(sampler, data, n), await pathError(sampler, data, 2 * n))
        return Math.abs(found - expected) < 0.15
      }),
      { numRuns: 10 },
    )
  })

t.test("unipc: with a last step of order 1 its error is still below heun's", async () => {
  await fc.assert(
    fc.asyncProperty(data, fc.integer({ min: 48, max: 96 }), async (data, n) => {
      const [heuns, own] = [await pathError(heun(), data, n), await pathError(unipc(), data, n)]
      return own < heuns
    }),
    { numRuns: 10 },
  )
})

const churn = { ...noChurn, sChurn: 5 }
for (const [name, sampler, expected] of [
  ['ddpm, fixed_small', ddpm({ variance: 'fixed_small' }), 1],
  ['ddpm, fixed_large', ddpm({ variance: 'fixed_large' }), 1],
  ['ddim, eta 1', ddim({ eta: 1 }), 1],
  ['ddim, eta 0.5', ddim({ eta: 0.5 }), 1],
  ['euler with churn', euler(churn), 1],
  ['heun with churn', heun(churn), 2],
  ['heun with churn between two levels', heun({ ...churn, sTmin: 0.5, sTmax: 5 }), 2],
  ['dpmpp-2m-sde', dpmpp2mSde(), 2],
  ['dpmpp-2m-sde, heun', dpmpp2mSde({ solverType: 'heun' }), 2],
] as const) {
  t.test(`${name}: the mean of normal data is reached exactly`, async () => {
    await fc.assert(
      fc.asyncProperty(data, fc.integer({ min: 2, max: 24 }), async (data, n) => {
        const { mean } = await reached(sampler, data, n)
        return Math.abs(mean - data.mean) < 1e-9
      }),
      { numRuns: 10 },
    )
  })

  t.test(`${name}: the variance of normal data is reached with power ${expected} of the step`, async () => {
    await fc.assert(
      fc.asyncProperty(data, fc.integer({ min: 48, max: 56 }), async (data, n) => {
        const [one, two] = [await momentErrors(sampler, data, n), await momentErrors(sampler, data, 2 * n)]
        return Math.abs(order(one.variance, two.variance) - expected) < 0.15
      }),
      { numRuns: 3 },
    )
  })
}
