/**
 * What is done to the estimate D of a clean image before a sampler uses it, image by image: clipping to the range of images
 * (Ho et al. 2020), or dynamic thresholding (Saharia et al. 2022, section 2.3).
 */
import { at } from '../../tensor/axes.ts'
import type { Denoise } from './sampler.ts'

/** From the estimate of one image [h, w, c] to what a sampler sees of it. */
export type Estimate = (denoised: Float64Array) => Float64Array

const within = (v: number, bound: number): number => Math.max(-bound, Math.min(bound, v))

/** Clipping to [-1, 1], the range of images. */
export const clipped: Estimate = (denoised) => denoised.map((v) => within(v, 1))

/** The value below which a share p of some numbers lies, linear between neighbours, as torch.quantile. */
const quantile = (values: Float64Array, p: number): number => {
  const sorted = values.toSorted()
  const place = p * (sorted.length - 1)
  const low = at(sorted, Math.floor(place))
  return low + (place - Math.floor(place)) * (at(sorted, Math.ceil(place)) - low)
}

/** Dynamic thresholding's percentile, as a share, and its highest threshold. */
export interface Threshold {
  /** 0.995 in diffusers. */
  readonly percentile: number
  /** 1 in diffusers, where it is clipping; infinite in the paper. */
  readonly max: number
}

/**
 * Dynamic thresholding (Saharia et al. 2022, arXiv 2205.11487): clipped to [-s, s] and divided by s, where s is the
 * percentile of the image's absolute values, at least 1 and at most `max`, in this order. A percentile outside [0, 1] is a RangeError.
 */
export const thresholded = ({ percentile, max }: Threshold): Estimate => {
  if (!(percentile >= 0 && percentile <= 1))
    throw new RangeError(`dynamic thresholding at percentile ${percentile}: expected a share from 0 to 1`)
  return (denoised) => {
    const s = Math.min(max, Math.max(1, quantile(denoised.map(Math.abs), percentile)))
    return denoised.map((v) => within(v, s) / s)
  }
}

/**
 * A denoiser whose answers are changed image by image; `unclipped` is as they were.
 * @param images in a batch
 */
export const estimating =
  (denoise: Denoise, estimate: Estimate, images: number): Denoise =>
  async (x, sigma) => {
    const { denoised: unclipped, ...answer } = await denoise(x, sigma)
    const each = unclipped.length / images
    const denoised = new Float64Array(unclipped.length)
    for (let i = 0; i < images; i++) denoised.set(estimate(unclipped.slice(i * each, (i + 1) * each)), i * each)
    return { ...answer, denoised, unclipped }
  }
