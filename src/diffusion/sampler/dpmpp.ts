/**
 * What the two multistep solvers of DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095) share. With lambda = -log sigma in EDM's
 * frame and h = lambda_t - lambda_s = log(s / t), the exact solution between two levels s and t is
 *
 *   x' = q x + a weighted mean of D over lambda, whose weights sum to 1 - q,
 *
 * where q = e^{-h} for the ODE and q = e^{-2h} for the SDE. D is taken as a line through its two latest values D0 and D_before,
 * D0 + (lambda - lambda_s) / h D1, D1 = (h / h_before) (D0 - D_before): midpoint gives D1 half of the weight, heun the exact
 * integral.
 */
import { at } from '../../tensor/axes.ts'
import type { Stretch } from './sampler.ts'

/** How the second-order term of DPM-Solver++ is weighted. */
export const solverTypes = ['midpoint', 'heun'] as const
/** A way of weighting it. */
export type SolverType = (typeof solverTypes)[number]

/** What DPM-Solver++ leaves open. */
export interface DpmppOptions {
  readonly solverType: SolverType
  /** Whether the last of fewer than 15 steps is of first order, wherever it ends; a step to level 0 always is. */
  readonly lowerOrderFinal: boolean
}

/** As diffusers has them by default. */
export const defaultDpmppOptions: DpmppOptions = { solverType: 'midpoint', lowerOrderFinal: true }

/** Fewer steps than these are few (diffusers). */
const few = 15

/** D and the level at which it was taken. */
export interface Earlier {
  readonly denoised: Float64Array
  readonly sigma: number
}

/** Whether a step uses D at its start only. */
const isFirstOrder = ({ to, index, steps }: Stretch, { lowerOrderFinal }: DpmppOptions): boolean =>
  to === 0 || (lowerOrderFinal && index === steps - 1 && steps < few)

/**
 * The mean of the solution after a step: q x + (1 - q) D0 + w D1.
 * @param power 1 for the ODE, 2 for the SDE: q = (t / s)^power
 */
export const extrapolated = (
  x: Float64Array,
  denoised: Float64Array,
  before: Earlier | null,
  stretch: Stretch,
  { power, ...options }: DpmppOptions & { readonly power: 1 | 2 },
): Float64Array => {
  const { from: s, to: t } = stretch
  const q = (t / s) ** power
  if (before === null || isFirstOrder(stretch, options)) return x.map((v, i) => q * v + (1 - q) * at(denoised, i))
  const h = Math.log(s / t)
  const r = h / Math.log(before.sigma / s)
  const w = options.solverType === 'midpoint' ? (1 - q) / 2 : 1 - (1 - q) / (power * h)
  return x.map((v, i) => {
    const d0 = at(denoised, i)
    return q * v + (1 - q) * d0 + w * r * (d0 - at(before.denoised, i))
  })
}
