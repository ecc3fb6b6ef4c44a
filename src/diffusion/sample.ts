/**
 * Sampling: from keys and labels to images. An image depends on its key, its label and the sampling settings only, never on
 * the other images or on the network's batch size.
 */
import { fold, type Key, normal } from '../random/key.ts'
import { denoiser, together } from './denoiser.ts'
import { guided } from './guidance/guidance.ts'
import { type CompiledNetwork, elementsOf, type StopCheck } from './network.ts'
import { type Estimate, estimating } from './sampler/estimate.ts'
import { type OnStep, type Sampler, startingAt } from './sampler/sampler.ts'

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
  /** What is done to the estimate of an image, after guidance, before the sampler sees it: nothing unless given. */
  readonly estimate?: Estimate
}

/** What sampling calls on its way. */
export interface SamplingWatch {
  readonly stopCheck?: StopCheck
  readonly onStep?: OnStep
}

/** The key of image `index` of a class: the start noise is its own draw, a sampler's noise on the way its children's. */
const keyOf = (key: Key, { label, index }: ImageRequest): Key => fold(fold(key, label === null ? 0 : label + 1), index)

/** The initial noise of image `index` of a class: standard normal numbers [h, w, c]. */
export const startNoise = (key: Key, request: ImageRequest, elements: number): Float64Array =>
  normal(keyOf(key, request), elements)

/** Images [h, w, c] in the order of the requests, with guidance if there are classes and the scale is not 1. */
export const sample =
  (
    network: CompiledNetwork,
    { sampler, levels, guidance, estimate }: Sampling,
    { stopCheck, onStep }: SamplingWatch = {},
  ) =>
  async (key: Key, requests: readonly ImageRequest[]): Promise<readonly Float64Array[]> => {
    const each = elementsOf(network)
    const plain = denoiser(network, stopCheck)
    const denoise = network.classes !== null && guidance !== 1 ? guided(plain, guidance) : plain
    const noise = new Float64Array(requests.length * each)
    requests.forEach((request, i) => {
      noise.set(startNoise(key, request, each), i * each)
    })
    const labels = requests.map(({ label }) => label)
    const keys = requests.map((request) => keyOf(key, request))
    const whole = together(denoise, labels)
    const seen = estimate === undefined ? whole : estimating(whole, estimate, requests.length)
    const x = await sampler.run(seen, levels, keys, onStep)(startingAt(levels, noise))
    return requests.map((_, i) => x.slice(i * each, (i + 1) * each))
  }
