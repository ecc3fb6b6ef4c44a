/**
 * Inpainting (RePaint, Lugmayr et al. 2022, arXiv 2201.09865): the pixels under a mask are painted, the others are known. In
 * the frame x = y + sigma n the known pixels of the state are the known image noised to the level of every step: their
 * estimate D is the known image, so that any sampler takes them from y + s n to y + t n', an ODE sampler with n' = n. Whenever
 * a stretch is repeated, all pixels go back from t to s by x + sqrt(s^2 - t^2) n with new noise, the paper's forward step.
 *
 * A sampler runs without a break from one way back to the next, and forgets there what it remembers of its steps.
 *
 * Laws: known pixels of the result equal the given image exactly; without repetition (`resample` 1) an image that is all
 * masked is the plain sample, bit for bit, of every sampler.
 */
import { fold, type Key, normal } from '../../random/key.ts'
import { at } from '../../tensor/axes.ts'
import { type CompiledNetwork, elementsOf } from '../network.ts'
import { denoiseOf, keyOf, type Sampling, type SamplingWatch, type Start, sampleFrom, startNoise } from '../sample.ts'
import { type Denoise, startingAt } from '../sampler/sampler.ts'
import { descentsOf, type Resampling } from './descents.ts'
import { checkedEdits, type ImageEdit } from './imageEdit.ts'

/** One image to inpaint. */
export interface Inpainting extends ImageEdit {
  /** [h, w]: 1 is painted, 0 is known. */
  readonly mask: Uint8Array
}

/** The children of an image's key that are for its ways back; a sampler's steps have lower numbers. */
const waysBack = 2 ** 40

/** What is painted where the mask is 1, and the image elsewhere. */
const composed = (painted: Float64Array, { image, mask }: Inpainting, channels: number): Float64Array =>
  painted.map((v, i) => (at(mask, Math.floor(i / channels)) === 1 ? v : at(image, i)))

/** D whose estimate of known pixels is what they are. */
const knowing =
  (denoise: Denoise, edits: readonly Inpainting[], channels: number): Denoise =>
  async (x, sigma) => {
    const answer = await denoise(x, sigma)
    const denoised = answer.denoised.slice()
    const each = denoised.length / edits.length
    edits.forEach((edit, i) => {
      denoised.set(composed(denoised.subarray(i * each, (i + 1) * each), edit, channels), i * each)
    })
    return { ...answer, denoised }
  }

const checkedMasks = ({ size }: CompiledNetwork, edits: readonly Inpainting[]): readonly Inpainting[] => {
  edits.forEach(({ mask }, i) => {
    if (mask.length !== size * size || mask.some((m) => m !== 0 && m !== 1))
      throw new RangeError(`mask ${i} has ${mask.length} numbers: expected ${size * size}, each 0 or 1`)
  })
  return edits
}

/** Back up from the level t to s >= t: the start of descent `i`, with the key of its sampler's noise. */
const noisedBack = (
  x: Float64Array,
  key: Key,
  i: number,
  { s, t }: { readonly s: number; readonly t: number },
): Start => {
  const own = fold(key, waysBack + i)
  const noise = normal(own, x.length)
  const deviation = Math.sqrt(s ** 2 - t ** 2)
  return { x: x.map((v, j) => v + deviation * at(noise, j)), key: own }
}

/**
 * Images [h, w, c], in the order of the requests: what is sampled under each one's mask, around it the image itself. The steps
 * that `onStep` is told of are those of all descents together. An image or a mask of another size is a RangeError.
 */
export const inpaint =
  (network: CompiledNetwork, sampling: Sampling, resampling: Resampling, { stopCheck, onStep }: SamplingWatch = {}) =>
  async (key: Key, requests: readonly Inpainting[]): Promise<readonly Float64Array[]> => {
    const { levels, sampler } = sampling
    const edits = checkedMasks(network, checkedEdits(network, requests))
    const denoise = knowing(denoiseOf(network, sampling, stopCheck)(edits), edits, network.channels)
    const descents = descentsOf(levels.length - 1, resampling)
    const steps = descents.reduce((sum, { from, to }) => sum + to - from, 0)
    const keys = edits.map((edit) => keyOf(key, edit))
    let starts: readonly Start[] = edits.map((edit, i) => {
      const pure = startingAt(levels, startNoise(key, edit, elementsOf(network)))
      const noised = pure.map((n, j) => n + at(edit.image, j))
      return { x: composed(pure, { ...edit, image: noised }, network.channels), key: at(keys, i) }
    })
    let images: readonly Float64Array[] = []
    let done = 0
    for (const [i, { from, to }] of descents.entries()) {
      const before = done
      images = await sampleFrom(denoise, { sampler, levels: levels.slice(from, to + 1) }, (taken) => {
        done = before + taken.step
        onStep?.({ ...taken, step: done, steps })
      })(starts)
      const next = descents[i + 1]
      if (next === undefined) break
      const way = { s: at(levels, next.from), t: at(levels, to) }
      starts = images.map((x, j) => noisedBack(x, at(keys, j), i + 1, way))
    }
    return images.map((x, i) => composed(x, at(edits, i), network.channels))
  }
