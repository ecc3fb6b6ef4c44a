/**
 * What a step shows the network: images with noise, their targets, times and labels, all made on the host in float64.
 * Everything random about the image at a position of the stream comes from that position's own key, so neither the
 * size of a batch, nor its parts, nor threads, nor stopping and going on change it.
 */
import { type LossName, penalty } from '../diffusion/loss.ts'
import { precondition, trainingPair } from '../diffusion/precondition.ts'
import { drawSigma, type NoiseDistribution } from '../diffusion/schedule.ts'
import { timeEmbedding } from '../diffusion/timeEmbedding.ts'
import { frequencies } from '../nn/embedding.ts'
import type { Named } from '../plan/backend.ts'
import { fold, type Key, normal, uniform } from '../random/key.ts'

type Numbers = Float32Array | Float64Array

/** One image as training shows it; label null is the null label of classifier-free guidance. */
export interface NoisedImage {
  readonly image: Numbers
  readonly noise: Numbers
  readonly sigma: number
  readonly label: number | null
}

export interface Noising extends NoiseDistribution {
  readonly sigmaData: number
  /** How often a label is replaced by the null label. */
  readonly labelDropout: number
}

/** Noise, level and dropped label of one image, drawn from its own key. */
export const noised =
  ({ labelDropout, ...distribution }: Noising) =>
  (key: Key, { image, label }: { readonly image: Numbers; readonly label: number | null }): NoisedImage => ({
    image,
    noise: normal(fold(key, 0), image.length),
    sigma: drawSigma(distribution)(fold(key, 1)),
    label: (uniform(fold(key, 2), 1)[0] ?? 0) < labelDropout ? null : label,
  })

const together = (parts: readonly Numbers[]): Float64Array => {
  const out = new Float64Array(parts.reduce((n, p) => n + p.length, 0))
  parts.reduce((at, p) => {
    out.set(p, at)
    return at + p.length
  }, 0)
  return out
}

/** by a + times b, into out from `at` on; a plain loop: every image of a run comes this way. */
const combine = (out: Float64Array, at: number, a: Numbers, by: number, b: Numbers, times: number): void => {
  for (let i = 0; i < a.length; i++) out[at + i] = by * (a[i] ?? 0) + times * (b[i] ?? Number.NaN)
}

/** [n, classes + 1]; the last column is the null label. Nothing for a model without classes. */
export const oneHot = (labels: readonly (number | null)[], classes: number | null): Named =>
  classes === null
    ? {}
    : {
        labels: together(
          labels.map((label) => {
            const row = new Float64Array(classes + 1)
            row[label ?? classes] = 1
            return row
          }),
        ),
      }

/** What `trainingStep` takes; every image weighs 1 / `whole`, the number of images before an update. */
export const stepFeeds = (
  shown: readonly NoisedImage[],
  {
    sigmaData,
    classes,
    whole,
  }: { readonly sigmaData: number; readonly classes: number | null; readonly whole: number },
): Named => {
  const pairs = shown.map((s) => trainingPair(sigmaData)(s.sigma))
  const each = shown[0]?.image.length ?? 0
  const mix = (which: 'input' | 'target'): Float64Array => {
    const out = new Float64Array(shown.length * each)
    shown.forEach(({ image, noise }, i) => {
      const [ofImage, ofNoise] = pairs[i]?.[which] ?? [Number.NaN, Number.NaN]
      combine(out, i * each, image, ofImage, noise, ofNoise)
    })
    return out
  }
  return {
    input: mix('input'),
    target: mix('target'),
    time: together(shown.map((s) => timeEmbedding(frequencies)(precondition(sigmaData)(s.sigma).cNoise))),
    weight: new Float64Array(shown.length).fill(1 / whole),
    ...oneHot(
      shown.map((s) => s.label),
      classes,
    ),
  }
}

/** The loss of each image on the host, given the network's answers to `stepFeeds`: for validation. */
export const lossOfEach = (name: LossName, network: Numbers, target: Numbers, images: number): readonly number[] => {
  const each = target.length / images
  return Array.from({ length: images }, (_, i) => {
    let sum = 0
    for (let j = i * each; j < (i + 1) * each; j++) sum += penalty[name]((network[j] ?? Number.NaN) - (target[j] ?? 0))
    return sum / each
  })
}
