/**
 * Sampling: from keys and labels to images. An image depends on its key, its label and the sampling settings only, never on
 * the other images or on the network's batch size.
 */
import { fold, type Key, normal } from '../random/key.ts'
import { denoiser, together } from './denoiser.ts'
import { guided } from './guidance/guidance.ts'
import type { Label } from './labels.ts'
import { type CompiledNetwork, elementsOf, type StopCheck } from './network.ts'
import { type Denoise, type OnStep, type Sampler, startingAt } from './sampler/sampler.ts'

/** One image to sample: its index determines its noise, independent of the other images. */
export interface ImageRequest {
  readonly label: number | null
  readonly index: number
}

/** How to sample: sampler, noise levels, guidance. */
export interface Sampling {
  readonly sampler: Sampler
  /** Decreasing noise levels, the last one 0: n steps have n + 1 levels. */
  readonly levels: readonly number[]
  /** The scale w of classifier-free guidance; 1 is none. */
  readonly guidance: number
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

/** What an image is conditioned on. */
export interface Conditioned {
  readonly label: Label
}

/** D of the images so conditioned, in their order, with guidance if there are classes and the scale is not 1. */
export const denoiseOf =
  (network: CompiledNetwork, { guidance }: Sampling, stopCheck?: StopCheck) =>
  (images: readonly Conditioned[]): Denoise => {
    const plain = denoiser(network, stopCheck)
    const denoise = network.classes !== null && guidance !== 1 ? guided(plain, guidance) : plain
    return together(
      denoise,
      images.map(({ label }) => label),
    )
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
  (key: Key, requests: readonly ImageRequest[]): Promise<readonly Float64Array[]> =>
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
