/**
 * UniPC (Zhao et al. 2023, arXiv 2302.04867) of order 2 with B2(h) = e^h - 1, in the form that predicts the clean image, one call
 * per step. With lambda = -log sigma in EDM's frame, h = log(s / t) and r = (lambda_before - lambda_s) / h < 0:
 *
 *   UniP-2  x' = (t / s) x + (1 - t / s) (D0 + D1 / 2), D1 = (D_before - D0) / r, which is DPM-Solver++(2M),
 *   UniC-2  x' = (t / s) x + (1 - t / s) (D0 + rho1 D1 + rho2 (D_t - D0)), where (rho1, rho2) solves
 *           rho1 + rho2 = b1, r rho1 + rho2 = b2: then the step is exact for D quadratic in lambda.
 *
 * D_t is D of the predicted state, which the next step evaluates anyway: a step first corrects the state where it starts. UniC-1
 * has rho = 1/2. The first step and the one to level 0 are of order 1; nothing corrects the last state.
 */
import { at } from '../../tensor/axes.ts'
import type { Earlier } from './dpmpp.ts'
import { multistep, type Sampler } from './sampler.ts'

/** What UniPC leaves open. */
export interface UnipcOptions {
  /** Whether the last step is of order 1, wherever it ends; a step to level 0 always is. */
  readonly lowerOrderFinal: boolean
}

/** As diffusers has them by default. */
export const defaultUnipcOptions: UnipcOptions = { lowerOrderFinal: true }

/** Where a step began: the state and D there, and D of the step before if this one is of order 2. */
interface Begun extends Earlier {
  readonly x: Float64Array
  readonly before: Earlier | null
}

/** The step of UniP from where it began to level t. */
const predicted = ({ x, denoised, sigma: s, before }: Begun, t: number): Float64Array => {
  const q = t / s
  if (before === null) return x.map((v, i) => q * v + (1 - q) * at(denoised, i))
  const r = Math.log(s / before.sigma) / Math.log(s / t)
  return x.map((v, i) => {
    const d0 = at(denoised, i)
    return q * v + (1 - q) * (d0 + (at(before.denoised, i) - d0) / r / 2)
  })
}

/** The weights of D1 and of D_t - D0 in UniC-2, by r and h. */
const correction = (r: number, h: number): readonly [rho1: number, rho2: number] => {
  const b = Math.expm1(-h)
  const phi2 = -b / h - 1
  const phi3 = -phi2 / h - 1 / 2
  const [b1, b2] = [phi2 / b, (2 * phi3) / b]
  const rho1 = (b1 - b2) / (1 - r)
  return [rho1, b1 - rho1]
}

/** The step of UniC from where it began to level t, where the denoiser has said D_t. */
const corrected = ({ x, denoised, sigma: s, before }: Begun, there: Float64Array, t: number): Float64Array => {
  const q = t / s
  if (before === null) return x.map((v, i) => q * v + ((1 - q) * (at(denoised, i) + at(there, i))) / 2)
  const h = Math.log(s / t)
  const r = Math.log(s / before.sigma) / h
  const [rho1, rho2] = correction(r, h)
  return x.map((v, i) => {
    const d0 = at(denoised, i)
    return q * v + (1 - q) * (d0 + (rho1 * (at(before.denoised, i) - d0)) / r + rho2 * (at(there, i) - d0))
  })
}

/** UniPC-2 with B2(h) (Zhao et al. 2023): a predictor and a corrector of second and third order, one evaluation per step. */
export const unipc = (options: Partial<UnipcOptions> = {}): Sampler => {
  const { lowerOrderFinal } = { ...defaultUnipcOptions, ...options }
  return multistep<Begun>(
    'unipc',
    (steps) => steps,
    async (denoise, x, { from: sigma, to, index, steps }, last) => {
      const { denoised } = await denoise(x, sigma)
      const isFirstOrder = to === 0 || (lowerOrderFinal && index === steps - 1)
      const here: Begun = {
        x: last === null ? x : corrected(last, denoised, sigma),
        denoised,
        sigma,
        before: isFirstOrder || last === null ? null : { denoised: last.denoised, sigma: last.sigma },
      }
      return { x: predicted(here, to), denoised, memory: here }
    },
  )
}
