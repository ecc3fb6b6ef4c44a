/** Latents: the moments that an encoder gives of images, samples of them, and their scale. */
import { element } from '../codec/element.ts'
import type { Numbers } from '../plan/backend.ts'
import { type Key, normal } from '../random/key.ts'

/** The means and the log-variances of n images' normal latents, each [n, h / f, w / f, z]. */
export interface Moments {
  readonly mean: Float32Array
  readonly logVariance: Float32Array
}

/**
 * Samples of n images' latents: mean + exp(logVariance / 2) noise, where an image's noise comes from its own key, so that it does
 * not depend on the others. `mean` itself is the sample without noise. A RangeError where the numbers are not those of as many
 * images as there are keys.
 */
export const sampled = (
  { mean, logVariance }: { readonly mean: Numbers; readonly logVariance: Numbers },
  keys: readonly Key[],
): Float32Array => {
  const each = mean.length / keys.length
  if (!Number.isInteger(each) || logVariance.length !== mean.length)
    throw new RangeError(
      `${mean.length} means and ${logVariance.length} log-variances: expected as many, of ${keys.length} images`,
    )
  const out = new Float32Array(mean.length)
  keys.forEach((own, i) => {
    const noise = normal(own, each)
    for (let j = 0; j < each; j++) {
      const at = i * each + j
      out[at] = element(mean, at) + Math.exp(element(logVariance, at) / 2) * element(noise, j)
    }
  })
  return out
}

/**
 * The mean and the standard deviation of each channel of the latents of a data set: what a model of latents is trained on is
 * z' = (z - mean) / std. Stable Diffusion's is one factor for all: mean 0, std 1 / 0.18215.
 */
export interface LatentScale {
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/** The scale of one factor for so many channels: z' = factor z. */
export const scaleOfFactor = (factor: number, channels: number): LatentScale => ({
  mean: Array.from({ length: channels }, () => 0),
  std: Array.from({ length: channels }, () => 1 / factor),
})

/** Of latents [..., z] of as many channels as the scale; others are a RangeError. */
const each =
  (f: (value: number, mean: number, std: number) => number) =>
  ({ mean, std }: LatentScale) =>
  (latents: Numbers): Float32Array => {
    if (mean.length !== std.length || latents.length % mean.length !== 0)
      throw new RangeError(
        `${latents.length} numbers and a scale of ${mean.length} means and ${std.length} deviations: expected latents of as many channels`,
      )
    const out = new Float32Array(latents.length)
    for (let i = 0; i < out.length; i++) {
      const c = i % mean.length
      out[i] = f(element(latents, i), element(mean, c), element(std, c))
    }
    return out
  }

/** Latents [..., z] -> (z - mean) / std. */
export const normalised = each((value, mean, std) => (value - mean) / std)
/** What `normalised` undoes: z' std + mean. */
export const denormalised = each((value, mean, std) => value * std + mean)

/**
 * The scale of a data set's latents: sums over any number of blocks of moments. The variance is that of samples, so it counts
 * the latents' own: Var z = Var mean + E variance.
 */
export const scaleMeter = (channels: number) => {
  const [sum, squares, spread] = [0, 1, 2].map(() => new Float64Array(channels))
  if (sum === undefined || squares === undefined || spread === undefined) throw new TypeError('three sums are kept')
  let n = 0
  return {
    /** Counts latents [..., z]. */
    add: ({ mean, logVariance }: { readonly mean: Numbers; readonly logVariance: Numbers }): void => {
      if (mean.length !== logVariance.length || mean.length % channels !== 0)
        throw new RangeError(
          `${mean.length} means and ${logVariance.length} log-variances: expected as many, of ${channels} channels`,
        )
      for (let i = 0; i < mean.length; i++) {
        const [c, m] = [i % channels, element(mean, i)]
        sum[c] = element(sum, c) + m
        squares[c] = element(squares, c) + m * m
        spread[c] = element(spread, c) + Math.exp(element(logVariance, i))
      }
      n += mean.length / channels
    },
    /** Of all that was counted; none, or a channel that does not vary, is a RangeError. */
    scale: (): LatentScale => {
      if (n === 0) throw new RangeError('no latents were counted: expected at least one')
      const mean = Array.from(sum, (s) => s / n)
      const std = mean.map((m, c) => Math.sqrt(element(squares, c) / n - m * m + element(spread, c) / n))
      const still = std.findIndex((s) => !(s > 0))
      if (still >= 0)
        throw new RangeError(`channel ${still} of the latents does not vary: expected a deviation above 0`)
      return { mean, std }
    },
  }
}
