/**
 * Images between two samples, of other seeds or other classes: their noise by slerp, their labels by mixing the one-hot rows,
 * which is a straight line between the tokens of the labels.
 *
 * Laws: shares 0 and 1 are the plain samples of the two ends, bit for bit. Noise that a sampler draws on its way is that of
 * the nearer end, so that with a stochastic sampler the images change at once in the middle.
 */
import type { Key } from '../../random/key.ts'
import type { Label } from '../labels.ts'
import { type CompiledNetwork, elementsOf } from '../network.ts'
import {
  denoiseOf,
  type ImageRequest,
  keyOf,
  type Sampling,
  type SamplingWatch,
  sampleFrom,
  startNoise,
} from '../sample.ts'
import { startingAt } from '../sampler/sampler.ts'
import { slerp } from './slerp.ts'

/** A plain sample: a request, and the key that it is sampled with. */
export interface End {
  readonly key: Key
  readonly request: ImageRequest
}

/** An image between two samples. */
export interface Between {
  readonly from: End
  readonly to: End
  /** From 0, `from` itself, to 1, `to` itself. */
  readonly share: number
}

/** n shares evenly from 0 to 1; fewer than two are a RangeError. */
export const sharesOf = (n: number): readonly number[] => {
  if (!Number.isSafeInteger(n) || n < 2) throw new RangeError(`${n} images from end to end: expected at least 2`)
  return Array.from({ length: n }, (_, i) => i / (n - 1))
}

const labelOf = ({ from, to, share }: Between): Label =>
  from.request.label === to.request.label
    ? from.request.label
    : { from: from.request.label, to: to.request.label, share }

/** Images [h, w, c] between two samples each, in the order of the requests. */
export const interpolate =
  (network: CompiledNetwork, sampling: Sampling, { stopCheck, onStep }: SamplingWatch = {}) =>
  (requests: readonly Between[]): Promise<readonly Float64Array[]> => {
    const noiseOf = ({ key, request }: End): Float64Array => startNoise(key, request, elementsOf(network))
    const starts = requests.map(({ from, to, share }) => {
      const nearer = share < 0.5 ? from : to
      return {
        x: startingAt(sampling.levels, slerp(noiseOf(from), noiseOf(to), share)),
        key: keyOf(nearer.key, nearer.request),
      }
    })
    const conditioned = requests.map((between) => ({ ...between.from.request, label: labelOf(between) }))
    return sampleFrom(denoiseOf(network, sampling, stopCheck)(conditioned), sampling, onStep)(starts)
  }
