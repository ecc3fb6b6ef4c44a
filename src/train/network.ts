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
import { at } from '../tensor/axes.ts'
import { lossOfEach, oneHot, type Shown, stepFeeds } from './batch.ts'
import type { Shapes } from './step.ts'

export interface Asked extends Shapes {
  readonly executable: Executable
  readonly sigmaData: number
}

/** Called between batches; throws (or rejects) where the work should stop. */
export type Between = () => void

interface Question {
  readonly image: Float64Array
  readonly label: number | null
}

const chunks = <A>(list: readonly A[], of: number): readonly (readonly A[])[] =>
  Array.from({ length: Math.ceil(list.length / of) }, (_, i) => list.slice(i * of, (i + 1) * of))

/** D(x; sigma) = cSkip x + cOut F(cIn x, cNoise, label) of each, all at one level. */
const denoiseEach =
  ({ executable, batch, classes, sigmaData }: Asked, between: Between) =>
  async (questions: readonly Question[], sigma: number): Promise<readonly Float64Array[]> => {
    const { cSkip, cOut, cIn, cNoise } = precondition(sigmaData)(sigma)
    const embedding = timeEmbedding(frequencies)(cNoise)
    const answers: Float64Array[] = []
    for (const part of chunks(questions, batch)) {
      between()
      const each = at(part, 0).image.length
      const input = new Float64Array(batch * each)
      part.forEach(({ image }, i) => {
        input.set(
          image.map((v) => cIn * v),
          i * each,
        )
      })
      const time = Float64Array.from({ length: batch * frequencies }, (_, i) => at(embedding, i % frequencies))
      const labels = Array.from({ length: batch }, (_, i) => part[i]?.label ?? null)
      const { network } = await executable.run({ input, time, ...oneHot(labels, classes) })
      if (network === undefined) throw new Error('the plan of the network has no output "network"')
      part.forEach(({ image }, i) => {
        answers.push(image.map((v, j) => cSkip * v + cOut * (network[i * each + j] ?? Number.NaN)))
      })
    }
    return answers
  }

/** One image to make: its number decides its noise, whatever is made beside it. */
export interface Wanted {
  readonly label: number | null
  readonly index: number
}

export interface Sampling {
  readonly steps: number
  readonly guidance: number
}

/** The noise that image `index` of a class starts from. */
export const startNoise = (key: Key, { label, index }: Wanted, elements: number): Float64Array =>
  normal(fold(fold(key, label === null ? 0 : label + 1), index), elements)

/** Images [h, w, c] by Heun's method, guided where there are classes and guidance is not 1. */
export const sample =
  (asked: Asked, { steps, guidance }: Sampling, between: Between = () => undefined) =>
  async (key: Key, wanted: readonly Wanted[]): Promise<readonly Float64Array[]> => {
    const elements = asked.size * asked.size * asked.channels
    const denoise = denoiseEach(asked, between)
    const guided = asked.classes !== null && guidance !== 1
    const noise = new Float64Array(wanted.length * elements)
    wanted.forEach((w, i) => {
      noise.set(startNoise(key, w, elements), i * elements)
    })
    const at = async (x: Float64Array, sigma: number): Promise<Float64Array> => {
      const images = wanted.map((_, i) => x.subarray(i * elements, (i + 1) * elements))
      const conditional = wanted.map(({ label }, i) => ({ image: images[i] ?? x, label }))
      const open = guided ? conditional.map(({ image }) => ({ image, label: null })) : []
      const answers = await denoise([...conditional, ...open], sigma)
      const out = new Float64Array(x.length)
      wanted.forEach((_, i) => {
        const c = answers[i] ?? new Float64Array()
        out.set(guided ? guide(guidance)(answers[wanted.length + i] ?? c, c) : c, i * elements)
      })
      return out
    }
    const x = await heun(at, sigmas(steps))(noise)
    return wanted.map((_, i) => x.slice(i * elements, (i + 1) * elements))
  }

/** The mean loss over images with given noise. */
export const meanLoss =
  ({ executable, batch, classes, sigmaData }: Asked, name: LossName, between: Between = () => undefined) =>
  async (shown: readonly Shown[]): Promise<number> => {
    let sum = 0
    for (const part of chunks(shown, batch)) {
      between()
      const [head] = part
      if (head === undefined) continue
      const full = Array.from({ length: batch }, (_, i) => part[i] ?? head)
      const { target = new Float64Array(), weight, ...feeds } = stepFeeds(full, { sigmaData, classes, whole: batch })
      const { network = new Float64Array() } = await executable.run(feeds satisfies Named)
      sum += lossOfEach(name, network, target, batch)
        .slice(0, part.length)
        .reduce((a, b) => a + b, 0)
    }
    return sum / shown.length
  }
