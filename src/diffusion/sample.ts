/**
 * Sampling: from keys and labels to images. An image depends on its key, its label and the sampling settings only, never on
 * the other images or on the network's batch size.
 */
import { element } from '../codec/element.ts'
import { fold, type Key, normal } from '../random/key.ts'
import { denoiser, together } from './denoiser.ts'
import { constantGuidance } from './guidance/constantGuidance.ts'
import { guided } from './guidance/guidance.ts'
import { type GuidanceChannels, guidanceChannels } from './guidance/guidanceChannels.ts'
import type { GuidanceSchedule } from './guidance/guidanceSchedule.ts'
import { wayLeft } from './guidance/wayLeft.ts'
import type { Label } from './labels.ts'
import { type CompiledNetwork, elementsOf, type StopCheck } from './network.ts'
import { type Estimate, estimating } from './sampler/estimate.ts'
import { type Denoise, type OnStep, type Sampler, startingAt } from './sampler/sampler.ts'

/** One image to sample: its index determines its noise, independent of the other images. */
export interface ImageRequest {
  readonly label: number | null
  readonly index: number
  /** The scale w of this image's guidance, in place of that of `Sampling`; the image's noise does not depend on it. */
  readonly guidance?: number
}

/** How to sample: sampler, noise levels, guidance. */
export interface Sampling {
  readonly sampler: Sampler
  /** Decreasing noise levels, the last one 0: n steps have n + 1 levels. */
  readonly levels: readonly number[]
  /** The scale w of classifier-free guidance; 1 is none. */
  readonly guidance: number
  /** How the scale follows the noise level on the way through `levels`; the same at every level unless given. */
  readonly guidanceSchedule?: GuidanceSchedule
  /** Which channels are guided; all of them unless given. */
  readonly guidanceChannels?: GuidanceChannels
  /** What is done to the estimate of an image, after guidance, before the sampler sees it: nothing unless given. */
  readonly estimate?: Estimate
}

/** What sampling calls on its way. */
export interface SamplingWatch {
  readonly stopCheck?: StopCheck
  readonly onStep?: OnStep
}

/** The key of image `index` of a class: the start noise is its own draw, a sampler's noise on the way its children's. */
export const keyOf = (key: Key, { label, index }: ImageRequest): Key =>
  fold(fold(key, label === null ? 0 : label + 1), index)

/** The initial noise of image `index` of a class: standard normal numbers [h, w, c]. */
export const startNoise = (key: Key, request: ImageRequest, elements: number): Float64Array =>
  normal(keyOf(key, request), elements)

/** The scale of a request's guidance at a noise level. */
const scaleAt = ({ levels, guidanceSchedule = constantGuidance }: Omit<Sampling, 'sampler' | 'guidance'>) => {
  const left = wayLeft(levels)
  return (w: number, sigma: number): number => (w === 1 ? 1 : guidanceSchedule.scale(w, { sigma, left: left(sigma) }))
}

/** The share of the levels above 0 at which an image with a class is evaluated twice, with its label and without. */
export const guidedShare = (sampling: Omit<Sampling, 'sampler'>): number => {
  const scale = scaleAt(sampling)
  const asked = sampling.levels.filter((sigma) => sigma > 0)
  return asked.filter((sigma) => scale(sampling.guidance, sigma) !== 1).length / asked.length
}

/** What an image is conditioned on, and how strongly. */
export interface Conditioned {
  readonly label: Label
  /** The scale w of this image's guidance, in place of that of `Sampling`. */
  readonly guidance?: number
}

/**
 * D of the images so conditioned, in their order, guided if there are classes. `levels` are those of the whole way from noise to
 * images, also for a sampler that goes part of it: schedules of guidance count from its beginning. A scale that is not finite is
 * a RangeError.
 */
export const denoiseOf =
  (network: CompiledNetwork, sampling: Omit<Sampling, 'sampler'>, stopCheck?: StopCheck) =>
  (images: readonly Conditioned[]): Denoise => {
    const { classes, channels } = network
    const plain = denoiser(network, stopCheck)
    const labels = images.map(({ label }) => label)
    const { estimate } = sampling
    const seen = (denoise: Denoise): Denoise =>
      estimate === undefined ? denoise : estimating(denoise, estimate, images.length)
    if (classes === null) return seen(together(plain, labels))
    const scales = images.map(({ guidance = sampling.guidance }, i) => {
      if (!Number.isFinite(guidance))
        throw new RangeError(`the guidance of image ${i} is ${guidance}: expected a finite number`)
      return guidance
    })
    const scale = scaleAt(sampling)
    const count = guidanceChannels[sampling.guidanceChannels ?? 'all']
    const guidance = {
      scale: (i: number, sigma: number) => scale(element(scales, i), sigma),
      guides: (j: number) => j % channels < count,
    }
    return seen(together(guided(plain, guidance), labels))
  }

/** An image where sampling begins: its state x [h, w, c] at the first level, and the key of a sampler's noise. */
export interface Start {
  readonly x: Float64Array
  readonly key: Key
}

/** Images [h, w, c] from where they start, through a sampler together, under any D. */
export const sampleFrom =
  (denoise: Denoise, { sampler, levels }: Pick<Sampling, 'sampler' | 'levels'>, onStep?: OnStep) =>
  async (starts: readonly Start[]): Promise<readonly Float64Array[]> => {
    const joined = new Float64Array(starts.reduce((sum, { x }) => sum + x.length, 0))
    starts.reduce((place, { x }) => {
      joined.set(x, place)
      return place + x.length
    }, 0)
    const keys = starts.map(({ key }) => key)
    const x = await sampler.run(denoise, levels, keys, onStep)(joined)
    const each = x.length / starts.length
    return starts.map((_, i) => x.slice(i * each, (i + 1) * each))
  }

/** Images [h, w, c] in the order of the requests, with guidance if there are classes and the scale is not 1. */
export const sample =
  (network: CompiledNetwork, sampling: Sampling, { stopCheck, onStep }: SamplingWatch = {}) =>
  async (key: Key, requests: readonly ImageRequest[]): Promise<readonly Float64Array[]> =>
    sampleFrom(
      denoiseOf(network, sampling, stopCheck)(requests),
      sampling,
      onStep,
    )(
      requests.map((request) => ({
        x: startingAt(sampling.levels, startNoise(key, request, elementsOf(network))),
        key: keyOf(key, request),
      })),
    )
