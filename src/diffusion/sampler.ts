/**
 * A sampler as one value: from noise to images along decreasing noise levels. It sees the denoiser D(x; sigma) only, in
 * EDM's frame (Karras et al. 2022): the probability-flow ODE is dx / dsigma = (x - D(x; sigma)) / sigma. The state is
 * float64 on the host.
 */
import type { Key } from '../random/key.ts'
import { at } from '../tensor/axes.ts'

/** What a network says of images x at one noise level. */
export interface Denoised {
  /** D(x; sigma), the estimate of the clean images: of the size of x. */
  readonly denoised: Float64Array
  /** What a network with a learnt variance answers besides, unscaled, of the size of x; ODE samplers do without. */
  readonly variance?: Float64Array
}

/** D(x; sigma) of a whole batch x [b, h, w, c], sigma > 0. */
export type Denoise = (x: Float64Array, sigma: number) => Promise<Denoised>

/** A step that has been taken. */
export interface StepTaken {
  /** 1 is the first. */
  readonly step: number
  readonly steps: number
  /** The noise level that was reached; 0 at the end. */
  readonly sigma: number
  /** The state at that level. */
  readonly x: Float64Array
}

/** Called after each step; sampling ends with what it throws. */
export type OnStep = (taken: StepTaken) => void

/**
 * Laws: a constant answer of the denoiser is reached exactly; `evaluations` counts the calls of `denoise`; the same keys
 * give the same images.
 */
export interface Sampler {
  readonly name: string
  /** How often `denoise` is called in so many steps. */
  readonly evaluations: (steps: number) => number
  /**
   * @param levels decreasing, the last one 0: n steps have n + 1 levels. Others are a RangeError.
   * @param keys one per image, in the order of x: a sampler that draws noise on its way draws that of an image from the
   *   image's own key (a child of it by step), so that an image does not depend on its batch. ODE samplers draw none.
   * @returns from standard normal numbers [b, h, w, c] to images [b, h, w, c]
   */
  readonly run: (
    denoise: Denoise,
    levels: readonly number[],
    keys: readonly Key[],
    onStep?: OnStep,
  ) => (noise: Float64Array) => Promise<Float64Array>
}

/** Where a step starts and where it ends; `index` counts from 0. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly index: number
  readonly keys: readonly Key[]
}

/** One step of a sampler: x at the noise level `from` -> x at `to`. */
export type SamplerStep = (denoise: Denoise, x: Float64Array, stretch: Stretch) => Promise<Float64Array>

/** The slope of the ODE, (x - D) / sigma. */
export const slope = (x: Float64Array, denoised: Float64Array, sigma: number): Float64Array =>
  x.map((v, i) => (v - at(denoised, i)) / sigma)

const checked = (levels: readonly number[]): readonly number[] => {
  const falls = levels.every((level, i) => Number.isFinite(level) && (i === 0 || level < at(levels, i - 1)))
  if (levels.length < 2 || !falls || levels.at(-1) !== 0)
    throw new RangeError(`noise levels [${levels.join(', ')}]: expected at least two, decreasing, the last one 0`)
  return levels
}

/** A sampler of steps that remember nothing from one to the next; x starts as the noise times the first level. */
export const sampler = (name: string, evaluations: Sampler['evaluations'], step: SamplerStep): Sampler => ({
  name,
  evaluations,
  run: (denoise, levels, keys, onStep) => {
    const steps = checked(levels).length - 1
    return async (noise) => {
      let x: Float64Array = noise.map((n) => n * at(levels, 0))
      for (let index = 0; index < steps; index++) {
        const to = at(levels, index + 1)
        x = await step(denoise, x, { from: at(levels, index), to, index, keys })
        onStep?.({ step: index + 1, steps, sigma: to, x })
      }
      return x
    }
  },
})
