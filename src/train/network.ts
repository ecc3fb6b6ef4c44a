/**
 * A compiled network F of a fixed batch, asked for any number of images: what validation and sampling stand on. Images
 * fill batches, the last one with blanks; an image's answer depends on that image only.
 */
import { guide } from '../diffusion/guidance.ts'
import type { LossName } from '../diffusion/loss.ts'
import { precondition } from '../diffusion/precondition.ts'
import { heun } from '../diffusion/sampler.ts'
import { sigmas } from '../diffusion/schedule.ts'
import { timeEmbedding } from '../diffusion/timeEmbedding.ts'
import { frequencies } from '../nn/embedding.ts'
import type { Executable, Named } from '../plan/backend.ts'
import { fold, type Key, normal } from '../random/key.ts'
import { lossOfEach, type NoisedImage, oneHot, stepFeeds } from './batch.ts'
import type { Shapes } from './step.ts'

export interface CompiledNetwork extends Shapes {
  readonly executable: Executable
  readonly sigmaData: number
}

/** Called between batches; throws (or rejects) where the work should stop. */
export type StopCheck = () => void

interface NoisyImage {
  readonly image: Float64Array
  readonly label: number | null
}

const chunks = <A>(list: readonly A[], of: number): readonly (readonly A[])[] =>
  Array.from({ length: Math.ceil(list.length / of) }, (_, i) => list.slice(i * of, (i + 1) * of))

/** D(x; sigma) = cSkip x + cOut F(cIn x, cNoise, label) of each, all at one level. */
const denoiseEach =
  ({ executable, batch, classes, sigmaData }: CompiledNetwork, stopCheck: StopCheck) =>
  async (images: readonly NoisyImage[], sigma: number): Promise<readonly Float64Array[]> => {
    const { cSkip, cOut, cIn, cNoise } = precondition(sigmaData)(sigma)
    const embedding = timeEmbedding(frequencies)(cNoise)
    const answers: Float64Array[] = []
    for (const part of chunks(images, batch)) {
      stopCheck()
      const each = part[0]?.image.length ?? 0
      const input = new Float64Array(batch * each)
      part.forEach(({ image }, i) => {
        input.set(
          image.map((v) => cIn * v),
          i * each,
        )
      })
      const time = Float64Array.from({ length: batch * frequencies }, (_, i) => embedding[i % frequencies] ?? 0)
      const labels = Array.from({ length: batch }, (_, i) => part[i]?.label ?? null)
      const { network: output = new Float64Array() } = await executable.run({ input, time, ...oneHot(labels, classes) })
      part.forEach(({ image }, i) => {
        answers.push(image.map((v, j) => cSkip * v + cOut * (output[i * each + j] ?? Number.NaN)))
      })
    }
    return answers
  }

/** One image to make: its number decides its noise, whatever is made beside it. */
export interface ImageRequest {
  readonly label: number | null
  readonly index: number
}

export interface Sampling {
  readonly steps: number
  readonly guidance: number
}

/** The noise that image `index` of a class starts from. */
export const startNoise = (key: Key, { label, index }: ImageRequest, elements: number): Float64Array =>
  normal(fold(fold(key, label === null ? 0 : label + 1), index), elements)

/** Images [h, w, c] by Heun's method, guided where there are classes and guidance is not 1. */
export const sample =
  (network: CompiledNetwork, { steps, guidance }: Sampling, stopCheck: StopCheck = () => undefined) =>
  async (key: Key, requests: readonly ImageRequest[]): Promise<readonly Float64Array[]> => {
    const elements = network.size * network.size * network.channels
    const denoise = denoiseEach(network, stopCheck)
    const guided = network.classes !== null && guidance !== 1
    const noise = new Float64Array(requests.length * elements)
    requests.forEach((w, i) => {
      noise.set(startNoise(key, w, elements), i * elements)
    })
    const at = async (x: Float64Array, sigma: number): Promise<Float64Array> => {
      const images = requests.map((_, i) => x.subarray(i * elements, (i + 1) * elements))
      const conditional = requests.map(({ label }, i) => ({ image: images[i] ?? x, label }))
      const open = guided ? conditional.map(({ image }) => ({ image, label: null })) : []
      const answers = await denoise([...conditional, ...open], sigma)
      const out = new Float64Array(x.length)
      requests.forEach((_, i) => {
        const c = answers[i] ?? new Float64Array()
        out.set(guided ? guide(guidance)(answers[requests.length + i] ?? c, c) : c, i * elements)
      })
      return out
    }
    const x = await heun(at, sigmas(steps))(noise)
    return requests.map((_, i) => x.slice(i * elements, (i + 1) * elements))
  }

/** The mean loss over images with given noise. */
export const meanLoss =
  (
    { executable, batch, classes, sigmaData }: CompiledNetwork,
    name: LossName,
    stopCheck: StopCheck = () => undefined,
  ) =>
  async (images: readonly NoisedImage[]): Promise<number> => {
    let sum = 0
    for (const part of chunks(images, batch)) {
      stopCheck()
      const [head] = part
      if (head === undefined) continue
      const full = Array.from({ length: batch }, (_, i) => part[i] ?? head)
      const { target = new Float64Array(), weight, ...feeds } = stepFeeds(full, { sigmaData, classes, whole: batch })
      const { network: output = new Float64Array() } = await executable.run(feeds satisfies Named)
      sum += lossOfEach(name, output, target, batch)
        .slice(0, part.length)
        .reduce((a, b) => a + b, 0)
    }
    return sum / images.length
  }
