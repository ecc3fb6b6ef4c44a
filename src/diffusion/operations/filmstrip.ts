/**
 * Sampling frame by frame: at each noise level the state of the images, and the estimate of the clean images there.
 *
 * Laws: the first frame is the start noise at the first level; the last one is the sample, which is its own estimate; with one
 * frame more than there are steps, the frames are all there are.
 */
import type { Key } from '../../random/key.ts'
import { at } from '../../tensor/axes.ts'
import { type CompiledNetwork, elementsOf } from '../network.ts'
import { type ImageRequest, type Sampling, type SamplingWatch, sample, startNoise } from '../sample.ts'
import { type StepTaken, startingAt } from '../sampler/sampler.ts'

/** The images at one noise level, each [h, w, c], in the order of the requests. */
export interface Frame {
  /** Steps taken before it. */
  readonly step: number
  readonly sigma: number
  /** The states x = y + sigma n. */
  readonly states: readonly Float64Array[]
  /** The estimates D(x; sigma); in the last frame the images themselves. */
  readonly estimates: readonly Float64Array[]
}

/** A state at the deviation that images have, sd: x sd / sqrt(sigma^2 + sd^2). Noise is as bright as they are, at sigma 0 it is itself. */
export const dimmed = (state: Float64Array, sigma: number, sd: number): Float64Array =>
  state.map((v) => (v * sd) / Math.sqrt(sigma ** 2 + sd ** 2))

/** As many frames as asked for, evenly, with the first and the last; all if there are fewer. Below 2 is a RangeError. */
export const evenFrames = (frames: readonly Frame[], count: number): readonly Frame[] => {
  if (!Number.isSafeInteger(count) || count < 2) throw new RangeError(`${count} frames: expected at least 2`)
  if (count >= frames.length) return frames
  return Array.from({ length: count }, (_, i) => at(frames, Math.round((i * (frames.length - 1)) / (count - 1))))
}

/** The frames from the start noise to the images, one for each level. */
export const filmstrip =
  (network: CompiledNetwork, sampling: Sampling, { stopCheck, onStep }: SamplingWatch = {}) =>
  async (key: Key, requests: readonly ImageRequest[]): Promise<readonly Frame[]> => {
    const each = elementsOf(network)
    const { levels } = sampling
    const imagesOf = (batch: Float64Array): readonly Float64Array[] =>
      requests.map((_, i) => batch.slice(i * each, (i + 1) * each))
    const taken: StepTaken[] = []
    const images = await sample(network, sampling, {
      ...(stopCheck === undefined ? {} : { stopCheck }),
      onStep: (step) => {
        taken.push(step)
        onStep?.(step)
      },
    })(key, requests)
    const first = requests.map((request) => startingAt(levels, startNoise(key, request, each)))
    return [
      ...taken.map(({ step, denoised }, i) => ({
        step: step - 1,
        sigma: at(levels, i),
        states: i === 0 ? first : imagesOf(at(taken, i - 1).x),
        estimates: imagesOf(denoised),
      })),
      { step: taken.length, sigma: at(levels, taken.length), states: images, estimates: images },
    ]
  }
