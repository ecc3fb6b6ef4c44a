/**
 * A sampler as one value: from noise to images along decreasing noise levels. It sees the denoiser D(x; sigma) only, in
 * EDM's frame (Karras et al. 2022), x = y + sigma n: the probability-flow ODE is dx / dsigma = (x - D(x; sigma)) / sigma. The state is
 * float64 on the host.
 */
import type { Key } from '../../random/key.ts'
import { at } from '../../tensor/axes.ts'

/** What a network says of images x at one noise level. */
export interface Denoised {
  /** D(x; sigma), the estimate of the clean images: of the size of x. */
  readonly denoised: Float64Array
  /** What a network with a learnt variance answers besides, unscaled, of the size of x; ODE samplers do without. */
  readonly variance?: Float64Array
  /** The estimate before it was clipped or thresholded, of the size of x, where it was (`Sampling.estimate`). */
  readonly unclipped?: Float64Array
}

/** D(x; sigma) of a whole batch x [b, h, w, c], sigma > 0. */
export type Denoise = (x: Float64Array, sigma: number) => Promise<Denoised>

/** A step that has been taken. */
export interface StepTaken {
  /** 1 is the first. */
  readonly step: number
  readonly steps: number
  /** The noise level that was reached. */
  readonly sigma: number
  /** The state at that level. */
  readonly x: Float64Array
  /** The estimate of the clean images on which the step was based: D where it began, with churn at the higher level. */
  readonly denoised: Float64Array
}

/** Called after each step; sampling ends with what it throws. */
export type OnStep = (taken: StepTaken) => void

/**
 * Laws: a constant answer of the denoiser is reached exactly at level 0; `evaluations` counts the calls of `denoise`; the same
 * keys give the same images.
 */
export interface Sampler {
  readonly name: string
  /** How often `denoise` is called in so many steps to level 0. */
  readonly evaluations: (steps: number) => number
  /**
   * @param levels decreasing, none below 0: n steps have n + 1 levels. Others are a RangeError.
   * @param keys one per image, in the order of x: a sampler that draws noise on its way draws that of an image from the
   *   image's own key (`freshNoise`), so that an image does not depend on its batch. ODE samplers draw none.
   * @returns from images at the first level to images at the last, [b, h, w, c]: `startingAt` turns noise into the former
   */
  readonly run: (
    denoise: Denoise,
    levels: readonly number[],
    keys: readonly Key[],
    onStep?: OnStep,
  ) => (x: Float64Array) => Promise<Float64Array>
}

/** Where a step starts and where it ends; `index` counts from 0, and is below `steps`. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly index: number
  readonly steps: number
  readonly keys: readonly Key[]
}

/** What a step gives: the state at its end, and D at its start. */
export interface Stepped {
  readonly x: Float64Array
  readonly denoised: Float64Array
}

/** One step of a sampler: x at the noise level `from` -> x at `to`. */
export type SamplerStep = (denoise: Denoise, x: Float64Array, stretch: Stretch) => Promise<Stepped>

/** One step of a sampler that remembers M of the steps before; null before the first. */
export type MultistepStep<M> = (
  denoise: Denoise,
  x: Float64Array,
  stretch: Stretch,
  memory: M | null,
) => Promise<Stepped & { readonly memory: M }>

/** The slope of the ODE, (x - D) / sigma. */
export const slope = (x: Float64Array, denoised: Float64Array, sigma: number): Float64Array =>
  x.map((v, i) => (v - at(denoised, i)) / sigma)

/** Images of pure noise at the first of some levels, from standard normal numbers. */
export const startingAt = (levels: readonly number[], noise: Float64Array): Float64Array =>
  noise.map((n) => n * at(levels, 0))

const checked = (levels: readonly number[]): readonly number[] => {
  const falls = levels.every(
    (level, i) => Number.isFinite(level) && level >= 0 && (i === 0 || level < at(levels, i - 1)),
  )
  if (levels.length < 2 || !falls)
    throw new RangeError(`noise levels [${levels.join(', ')}]: expected at least two, decreasing, none below 0`)
  return levels
}

/** A sampler of steps that remember something of those before. */
export const multistep = <M>(name: string, evaluations: Sampler['evaluations'], step: MultistepStep<M>): Sampler => ({
  name,
  evaluations,
  run: (denoise, levels, keys, onStep) => {
    const steps = checked(levels).length - 1
    return async (start) => {
      let x = start
      let memory: M | null = null
      for (let index = 0; index < steps; index++) {
        const to = at(levels, index + 1)
        const stepped: Stepped & { readonly memory: M } = await step(
          denoise,
          x,
          { from: at(levels, index), to, index, steps, keys },
          memory,
        )
        x = stepped.x
        memory = stepped.memory
        onStep?.({ step: index + 1, steps, sigma: to, x, denoised: stepped.denoised })
      }
      return x
    }
  },
})

/** A sampler of steps that remember nothing from one to the next. */
export const sampler = (name: string, evaluations: Sampler['evaluations'], step: SamplerStep): Sampler =>
  multistep<null>(name, evaluations, async (denoise, x, stretch) => ({
    ...(await step(denoise, x, stretch)),
    memory: null,
  }))
