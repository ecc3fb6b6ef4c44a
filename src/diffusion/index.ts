/**
 * Diffusion models of any network: the values (a process, a loss, a noise distribution, a schedule, a sampler), the tables
 * of those that have names, batches for training, and the denoiser, sampling and validation of a compiled network.
 */
export { type Batching, type StepFeeds, stepFeeds } from './batch.ts'
export { ddim } from './ddim.ts'
export { type DenoiseEach, denoiser, type NoisyImage, together } from './denoiser.ts'
export { edm } from './edm.ts'
export { euler } from './euler.ts'
export { exponential } from './exponential.ts'
export { guide, guided, type TwoAnswers } from './guidance.ts'
export { heun } from './heun.ts'
export { karras } from './karras.ts'
export { oneHot } from './labels.ts'
export { edmNoise, lognormal } from './lognormal.ts'
export { type Loss, networkLoss } from './loss.ts'
export { type LossName, losses } from './losses.ts'
export { minSnr } from './minSnr.ts'
export { mse } from './mse.ts'
export type { CompiledNetwork, StopCheck } from './network.ts'
export type { LogNoise, NoiseDistribution, NoiseDistributionFor } from './noiseDistribution.ts'
export { type NoiseDistributionName, noiseDistributions } from './noiseDistributions.ts'
export { type LabelledImage, type NoisedImage, type Noising, noised } from './noised.ts'
export { ownWeight } from './ownWeight.ts'
export type { Mixture, Process, ProcessFor } from './process.ts'
export { type ProcessName, processes } from './processes.ts'
export { type ImageRequest, type Sampling, type SamplingWatch, sample, startNoise } from './sample.ts'
export {
  type Denoise,
  type Denoised,
  type OnStep,
  type Sampler,
  type SamplerStep,
  type StepTaken,
  type Stretch,
  sampler,
  slope,
} from './sampler.ts'
export { type SamplerName, samplers } from './samplers.ts'
export { edmRange, type NoiseRange, type Schedule, schedule } from './schedule.ts'
export { type ScheduleName, schedules } from './schedules.ts'
export { smoothL1 } from './smoothL1.ts'
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
export { type Weighed, type Weighting, weighted } from './weighting.ts'
export { type WeightingName, weightings } from './weightings.ts'
