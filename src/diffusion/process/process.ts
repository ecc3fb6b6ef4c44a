/**
 * A diffusion process as one value: what a network sees in training, what it should answer, how much that counts, and how
 * its answer becomes an estimate of the clean image. Everything is a pure function of the noise level in float64.
 *
 * The frame is that of EDM's denoiser D(x; sigma) (Karras et al. 2022), for every process: x = y + sigma n with a clean
 * image y and standard normal noise n. Samplers see D only, so every sampler works with every process. A process whose
 * own variable is scaled, x_t = a_t (y + sigma n), says so in `noising`. Two that fit, from their usual definitions:
 *
 * - flow matching (Lipman et al. 2023): t = sigma / (1 + sigma), x_t = (1 - t) y + t n, F = n - y. So noising is
 *   { image: 1 / (1 + sigma), noise: t }, target { image: -1, noise: 1 }, weight 1, time t, and
 *   D = x_t - t F: denoised is { skip: 1 / (1 + sigma), out: -t }.
 * - v-prediction (Salimans and Ho 2022): a = 1 / sqrt(1 + sigma^2), b = sigma a, x_t = a y + b n, F = a n - b y. So noising is
 *   { image: a, noise: b }, target { image: -b, noise: a }, weight 1, and D = a x_t - b F: { skip: a^2, out: -b }.
 *
 * Laws, at every sigma: noising.noise = sigma noising.image; if F is the target, then D is the clean image.
 */
import type { NoiseRange } from '../schedule/schedule.ts'

/** Factors of the clean image y and of the noise n in a sum of the two. */
export interface Mixture {
  readonly image: number
  readonly noise: number
}

/** A diffusion process: noising, what the network should answer, its weight, and the denoised image that follows. */
export interface Process {
  readonly name: string
  /** The network's input, image y + noise n; in sampling it is image x, as x = y + sigma n. */
  readonly noising: (sigma: number) => Mixture
  /** What the network should answer. */
  readonly target: (sigma: number) => Mixture
  /**
   * The factor of an image's loss between F and its target. A process that weighs the squared error of D by lambda(sigma)
   * has the weight lambda out^2.
   */
  readonly weight: (sigma: number) => number
  /** D(x; sigma) = skip x + out F. */
  readonly denoised: (sigma: number) => { readonly skip: number; readonly out: number }
  /** The network's time input, which is passed to `timeEmbedding` unscaled. */
  readonly time: (sigma: number) => number
  /** The noise levels between which it is sampled. */
  readonly range: NoiseRange
}

/** What settings say of a process; one that does not depend on something takes no notice of it. */
export interface ProcessSettings {
  /** Standard deviation of the images. */
  readonly sigmaData: number
}

/** A process by its settings, as the rows of the table are. */
export type ProcessFor = (settings: ProcessSettings) => Process
