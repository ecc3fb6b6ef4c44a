/**
 * What the tests of diffusers' schedulers have in common (huggingface/diffusers, tests/schedulers/test_schedulers.py,
 * SchedulerCommonTest): `dummy_sample_deter`, `dummy_noise_deter` and `dummy_model`, in EDM's frame where a sampler wants it.
 */
import { type Denoise, type Sampler, startingAt } from '../../src/diffusion/sampler/sampler.ts'
import { key } from '../../src/random/key.ts'
import { at, range } from '../../src/tensor/axes.ts'

/** Images of 3 x 8 x 8, of which there are four. */
export const [images, each] = [4, 192]

/** torch.arange(768).reshape(3, 8, 8, 4) / 768, then permuted to (4, 3, 8, 8). */
export const sample = Float64Array.from({ length: images * each }, (_, i) => {
  const [image, j] = [Math.floor(i / each), i % each]
  return (4 * j + image) / 768
})
/** The same of torch.arange(768).flip(-1). */
export const noise = sample.map((v) => (767 - v * 768) / 768)

/** `dummy_model`: sample * t / (t + 1). */
export const model = (x: number, t: number): number => (x * t) / (t + 1)

/**
 * alpha-bar of linear betas: torch.linspace(start, end, n), cumprod(1 - beta), in float32 as there: near 1 its rounding is seen in
 * 1 - alpha-bar, and in the fourth digit of a published sum.
 */
export const alphaBars = (n: number, start = 0.0001, end = 0.02): readonly number[] => {
  let product = 1
  return range(n).map((i) => {
    product *= Math.fround(1 - Math.fround(start + ((end - start) * i) / (n - 1)))
    return Math.fround(product)
  })
}

/** The noise level of alpha-bar in EDM's frame. */
export const sigmaOf = (alphaBar: number): number => Math.sqrt((1 - alphaBar) / alphaBar)

/** numpy.round: halves to even numbers. */
const even = (v: number): number => (v % 1 === 0.5 && Math.floor(v) % 2 === 0 ? Math.floor(v) : Math.round(v))

/** numpy.linspace(0, last, n + 1).round()[::-1][:-1]. */
export const linspace = (last: number, n: number): readonly number[] => range(n).map((i) => even(last - (last * i) / n))

/** numpy.interp(t, numpy.arange(n), values). */
export const interpolated = (values: readonly number[], t: number): number => {
  const [low, high] = [at(values, Math.floor(t)), at(values, Math.ceil(t))]
  return low + (t % 1) * (high - low)
}

/** `_sigma_to_t`: the timestep of a noise level, linear in its logarithm. */
export const timeOf = (sigmas: readonly number[], sigma: number): number => {
  const above = sigmas.findIndex((level) => level > sigma * (1 + 1e-12))
  const low = (above < 0 ? sigmas.length : Math.max(1, above)) - 1
  if (low === sigmas.length - 1) return low
  const [a, b] = [Math.log(at(sigmas, low)), Math.log(at(sigmas, low + 1))]
  return low + Math.max(0, Math.min(1, (a - Math.log(sigma)) / (a - b)))
}

export type Prediction = 'epsilon' | 'v_prediction'

/** D of what the model answers for the variance-preserving x_t, at the timestep of a level. */
export const denoiserOf =
  (levels: readonly number[], times: readonly number[], prediction: Prediction): Denoise =>
  async (x, sigma) => {
    const t = at(times, levels.indexOf(sigma))
    const alpha = 1 / Math.sqrt(1 + sigma ** 2)
    const denoised = x.map((v) => {
      const answer = model(alpha * v, t)
      return prediction === 'epsilon' ? v - sigma * answer : alpha ** 2 * v - sigma * alpha * answer
    })
    return { denoised }
  }

export interface Loop {
  readonly sampler: Sampler
  /** The last may be 0 and has no timestep. */
  readonly levels: readonly number[]
  readonly times: readonly number[]
  readonly prediction?: Prediction
  /** From the model's D to the sampler's. */
  readonly changed?: (denoise: Denoise) => Denoise
  /** The variance-preserving sample at the first level. */
  readonly start?: Float64Array
}

/** `full_loop`: from the variance-preserving sample at the first level to that at the last. */
export const fullLoop = async ({
  sampler,
  levels,
  times,
  prediction = 'epsilon',
  changed = (denoise) => denoise,
  start = sample,
}: Loop): Promise<Float64Array> => {
  const scale = (sigma: number): number => Math.sqrt(1 + sigma ** 2)
  const denoise = changed(denoiserOf(levels, times, prediction))
  const x = await sampler.run(denoise, levels, [key(0)])(startingAt([scale(at(levels, 0))], start))
  return x.map((v) => v / scale(at(levels, levels.length - 1)))
}

/** `add_noise`: sqrt(alpha-bar) y + sqrt(1 - alpha-bar) n. */
export const noisedSample = (sigma: number): Float64Array =>
  sample.map((y, i) => (y + sigma * at(noise, i)) / Math.sqrt(1 + sigma ** 2))

/** torch.sum(torch.abs(x)). */
export const absoluteSum = (x: Float64Array): number => x.reduce((sum, v) => sum + Math.abs(v), 0)
