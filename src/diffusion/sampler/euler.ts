/** Euler's first-order sampler of the probability-flow ODE: x' = x + (t - s) (x - D(x; s)) / s, one call per step. */
import { at } from '../../tensor/axes.ts'
import { sampler, slope } from './sampler.ts'

/** Euler's method along the ODE of EDM: first order, one evaluation per step. */
export const euler = sampler(
  'euler',
  (steps) => steps,
  async (denoise, x, { from: s, to: t }) => {
    const { denoised } = await denoise(x, s)
    const d = slope(x, denoised, s)
    return { x: x.map((v, i) => v + (t - s) * at(d, i)), denoised }
  },
)
