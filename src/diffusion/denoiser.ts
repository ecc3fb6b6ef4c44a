/** The denoiser D(x; sigma) = skip x + out F(input x, time, label) of a compiled network, image by image. */
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { element } from '../codec/element.ts'
import { type Label, oneHot } from './labels.ts'
import { type Answer, type CompiledNetwork, elementsOf, evaluated, type StopCheck } from './network.ts'
import type { Denoise, Denoised } from './sampler/sampler.ts'
import { times } from './times.ts'

/** An image on its way, x = y + sigma n, [h, w, c]; label null is an image without a class. */
export interface NoisyImage {
  readonly image: Float64Array
  readonly label: Label
}

/** D of each image, all at one noise level. */
export type DenoiseEach = (images: readonly NoisyImage[], sigma: number) => Promise<readonly Denoised[]>

/** The channels of image i of an answer from `first` on, [h, w, c]. */
const channelsFrom = (
  { output, channels }: Answer,
  { size, channels: c }: CompiledNetwork,
  i: number,
  first: number,
): Float64Array =>
  Float64Array.from({ length: size * size * c }, (_, j) => {
    const pixel = i * size * size + Math.floor(j / c)
    return element(output, pixel * channels + first + (j % c))
  })

/** D of any number of images, in batches of the network's size. With a learnt variance, F is the first half of the output's channels. */
export const denoiser = (network: CompiledNetwork, stopCheck: StopCheck = () => undefined): DenoiseEach => {
  const { batch, channels, classes, process } = network
  const each = elementsOf(network)
  const ofBatch = async (part: readonly NoisyImage[], sigma: number): Promise<readonly Denoised[]> => {
    const [{ image: scale }, { skip, out }] = [process.noising(sigma), process.denoised(sigma)]
    const input = new Float64Array(batch * each)
    part.forEach(({ image }, i) => {
      if (image.length !== each) throw new RangeError(`image ${i} has ${image.length} numbers: expected ${each}`)
      input.set(
        image.map((v) => scale * v),
        i * each,
      )
    })
    const levels = Array.from({ length: batch }, () => sigma)
    const labels = Array.from({ length: batch }, (_, i) => part[i]?.label ?? null)
    const answer = await evaluated(network, { input, time: times(process, levels), ...oneHot(labels, classes) })
    return part.map(({ image }, i) => {
      const f = channelsFrom(answer, network, i, 0)
      const denoised = image.map((v, j) => skip * v + out * element(f, j))
      return answer.channels === channels
        ? { denoised }
        : { denoised, variance: channelsFrom(answer, network, i, channels) }
    })
  }
  return async (images, sigma) => {
    const answers: Denoised[] = []
    for (const part of RA.chunksOf(batch)(images)) {
      stopCheck()
      answers.push(...(await ofBatch(part, sigma)))
    }
    return answers
  }
}

const joined = (parts: readonly Float64Array[], each: number): Float64Array => {
  const out = new Float64Array(parts.length * each)
  parts.forEach((part, i) => {
    out.set(part, i * each)
  })
  return out
}

/** The denoiser of a whole batch x [b, h, w, c] as samplers take it, given the images' labels. */
export const together =
  (denoise: DenoiseEach, labels: readonly Label[]): Denoise =>
  async (x, sigma) => {
    const each = x.length / labels.length
    const images = labels.map((label, i) => ({ image: x.subarray(i * each, (i + 1) * each), label }))
    const answers = await denoise(images, sigma)
    const denoised = joined(
      answers.map((a) => a.denoised),
      each,
    )
    const variances = answers.flatMap(({ variance }) => (variance === undefined ? [] : [variance]))
    return variances.length === labels.length ? { denoised, variance: joined(variances, each) } : { denoised }
  }
