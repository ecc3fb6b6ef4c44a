/**
 * A diffusion process as one value: what a network sees in training, what it should answer, how much that counts, and how
 * its answer becomes an estimate of the clean image. Everything is a pure function of the noise level in float64.
 *
 * The frame is that of EDM's denoiser D(x; sigma) (Karras et al. 2022), for every process: x = y + sigma n with a clean
 * image y and standard normal noise n. Samplers see D only, so every sampler works with every process. A process whose
 * own variable is scaled, x_t = a_t (y + sigma n), says so in `noising`: `discrete` is one with a = 1 / sqrt(1 + sigma^2), `flow`
 * one with a = 1 / (1 + sigma).
 *
 * Laws, at every sigma: noising.noise = sigma noising.image; if F is the target, then D is the clean image.
 */
import type { NoiseRange } from '../schedule/schedule.ts'
import type { BetaSchedule } from './betas/betaSchedule.ts'
import { linearBetas } from './betas/linearBetas.ts'
import type { Mixture } from './mixture.ts'
import { epsilonPrediction } from './prediction/epsilonPrediction.ts'
import type { Prediction } from './prediction/prediction.ts'

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
  /** Standard deviation of the images: of `edm`. */
  readonly sigmaData: number
  /** The noise of the timesteps: of `discrete`. */
  readonly betas: BetaSchedule
  /** The number of timesteps: of `discrete`. */
  readonly timesteps: number
  /** What the network predicts: of `discrete`. */
  readonly prediction: Prediction
}

/** What settings say of a process where they are silent. */
export const defaultProcessSettings: ProcessSettings = {
  sigmaData: 0.5,
  betas: linearBetas,
  timesteps: 1000,
  prediction: epsilonPrediction,
}

/** A process by its settings, as the rows of the table are. */
export type ProcessFor = (settings: ProcessSettings) => Process
