/**
 * Diffusion models of any network: the values (a process, a loss, a noise distribution, a schedule, a sampler), the tables
 * of those that have names, batches for training, and the denoiser, sampling and validation of a compiled network.
 */
export { type Batching, type StepFeeds, stepFeeds } from './batch.ts'
export { type DenoiseEach, denoiser, type NoisyImage, together } from './denoiser.ts'
export { guide, guided, type TwoAnswers } from './guidance/guidance.ts'
export { type Label, type LabelMixture, oneHot } from './labels.ts'
export { type Loss, networkLoss } from './loss/loss.ts'
export { type LossName, losses } from './loss/losses.ts'
export { minSnr } from './loss/minSnr.ts'
export { mse } from './loss/mse.ts'
export { ownWeight } from './loss/ownWeight.ts'
export { smoothL1 } from './loss/smoothL1.ts'
export { type Weighed, type Weighting, weighted } from './loss/weighting.ts'
export { type WeightingName, weightings } from './loss/weightings.ts'
export type { CompiledNetwork, StopCheck } from './network.ts'
export { edmNoise, lognormal } from './noise/lognormal.ts'
export type { LogNoise, NoiseDistribution, NoiseDistributionFor } from './noise/noiseDistribution.ts'
export { type NoiseDistributionName, noiseDistributions } from './noise/noiseDistributions.ts'
export { type LabelledImage, type NoisedImage, type Noising, noised } from './noise/noised.ts'
export { type Descent, descentsOf, type Resampling } from './operations/descents.ts'
export { dimmed, evenFrames, type Frame, filmstrip } from './operations/filmstrip.ts'
export type { ImageEdit } from './operations/imageEdit.ts'
export { img2img, stepsOfStrength } from './operations/img2img.ts'
export { type Inpainting, inpaint } from './operations/inpaint.ts'
export { type Between, type End, interpolate, sharesOf } from './operations/interpolate.ts'
export { slerp } from './operations/slerp.ts'
export { edm } from './process/edm.ts'
export type { Mixture, Process, ProcessFor, ProcessSettings } from './process/process.ts'
export { type ProcessName, processes } from './process/processes.ts'
export {
  type Conditioned,
  denoiseOf,
  type ImageRequest,
  type Sampling,
  type SamplingWatch,
  type Start,
  sample,
  sampleFrom,
  startNoise,
} from './sample.ts'
export { ddim } from './sampler/ddim.ts'
export { euler } from './sampler/euler.ts'
export { heun } from './sampler/heun.ts'
export {
  type Denoise,
  type Denoised,
  type MultistepStep,
  multistep,
  type OnStep,
  type Sampler,
  type SamplerStep,
  type Stepped,
  type StepTaken,
  type Stretch,
  sampler,
  slope,
  startingAt,
} from './sampler/sampler.ts'
export { type SamplerName, samplers } from './sampler/samplers.ts'
export { exponential } from './schedule/exponential.ts'
export { karras } from './schedule/karras.ts'
export { edmRange, type NoiseRange, type Schedule, schedule } from './schedule/schedule.ts'
export { type ScheduleName, schedules } from './schedule/schedules.ts'
export {
  type DenoisingOptions,
  type DenoisingTask,
  denoisingTask,
  type Examples,
  forward,
  type Network,
  noisedAt,
  noisedBatches,
  type Shapes,
} from './task.ts'
export { timeEmbedding } from './timeEmbedding.ts'
export { times } from './times.ts'
export { meanLoss } from './validation.ts'
