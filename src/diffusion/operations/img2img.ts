/**
 * Images from an image (SDEdit, Meng et al. 2022, arXiv 2108.01073): it is noised to a level on the way, and sampled from
 * there. The strength is the share of the steps that are taken, as in diffusers: of n steps the last floor(n strength).
 *
 * Laws: strength 0 is the image itself; strength 1 takes every step, from x = y + sigma n at the first level, where little
 * of y is left; for a linear D, what remains of the image falls as the strength grows.
 */
import type { Key } from '../../random/key.ts'
import { at } from '../../tensor/axes.ts'
import { type CompiledNetwork, elementsOf } from '../network.ts'
import { denoiseOf, keyOf, type Sampling, type SamplingWatch, sampleFrom, startNoise } from '../sample.ts'
import { checkedEdits, type ImageEdit } from './imageEdit.ts'

/** A product such as 100 x 0.29 is below the whole number that it stands for. */
const rounding = 1e-9

/** How many of so many steps a strength takes, the last ones: floor(steps strength). Others than 0 to 1 are a RangeError. */
export const stepsOfStrength = (steps: number, strength: number): number => {
  if (!(strength >= 0 && strength <= 1)) throw new RangeError(`strength ${strength}: expected a number from 0 to 1`)
  return Math.floor(steps * strength + rounding)
}

/** Images [h, w, c], in the order of the requests, each from its own image noised to the level where its steps begin. An image of another size is a RangeError. */
export const img2img =
  (network: CompiledNetwork, sampling: Sampling, strength: number, { stopCheck, onStep }: SamplingWatch = {}) =>
  async (key: Key, requests: readonly ImageEdit[]): Promise<readonly Float64Array[]> => {
    const edits = checkedEdits(network, requests)
    const steps = sampling.levels.length - 1
    const levels = sampling.levels.slice(steps - stepsOfStrength(steps, strength))
    if (levels.length === 1) return edits.map(({ image }) => image)
    const starts = edits.map((edit) => {
      const noise = startNoise(key, edit, elementsOf(network))
      return { x: edit.image.map((y, i) => y + at(levels, 0) * at(noise, i)), key: keyOf(key, edit) }
    })
    return sampleFrom(denoiseOf(network, sampling, stopCheck)(edits), { ...sampling, levels }, onStep)(starts)
  }
