/**
 * Diffusion models of any network: the values (a process, a loss, a noise distribution, a schedule, a sampler), the tables
 * of those that have names, batches for training, and the denoiser, sampling and validation of a compiled network.
 */
export {
  type AugmentationSettings,
  type AugmentedPicture,
  augmentedBy,
  augmentLabel,
  augmentLabels,
  augmentMap,
  edmAugmentation,
} from '../augmentation/index.ts'
export { type Batching, type StepFeeds, stepFeeds } from './batch.ts'
export { type DenoiseEach, denoiser, type NoisyImage, together } from './denoiser.ts'
export { constantGuidance } from './guidance/constantGuidance.ts'
export { type Guidance, guide, guided, type TwoAnswers } from './guidance/guidance.ts'
export { type GuidanceChannels, guidanceChannels } from './guidance/guidanceChannels.ts'
export { guidanceInterval } from './guidance/guidanceInterval.ts'
export {
  defaultGuidanceOptions,
  type GuidanceOptions,
  type GuidanceSchedule,
  type GuidanceScheduleRow,
  type GuidedLevel,
} from './guidance/guidanceSchedule.ts'
export { type GuidanceScheduleName, guidanceSchedules } from './guidance/guidanceSchedules.ts'
export { powerCosine } from './guidance/powerCosine.ts'
export { wayLeft } from './guidance/wayLeft.ts'
export { augmentRows, type Label, type LabelMixture, oneHot } from './labels.ts'
export { type BoundTerms, boundTerms } from './loss/boundTerms.ts'
export { edmWeight } from './loss/edmWeight.ts'
export { type Loss, networkLoss } from './loss/loss.ts'
export { type LossName, losses } from './loss/losses.ts'
export { minSnr } from './loss/minSnr.ts'
export { mse } from './loss/mse.ts'
export { ownWeight } from './loss/ownWeight.ts'
export { smoothL1 } from './loss/smoothL1.ts'
export { type Bounded, variationalBound } from './loss/variationalBound.ts'
export { type Weighed, type Weighting, weighted } from './loss/weighting.ts'
export { type WeightingName, weightings } from './loss/weightings.ts'
export type { CompiledNetwork, StopCheck } from './network.ts'
export { logitNormal } from './noise/logitNormal.ts'
export { edmNoise, lognormal } from './noise/lognormal.ts'
export type { LogNoise, NoiseDistribution, NoiseDistributionFor } from './noise/noiseDistribution.ts'
export { type NoiseDistributionName, noiseDistributions } from './noise/noiseDistributions.ts'
export { type Augmentation, type LabelledImage, type NoisedImage, type Noising, noised } from './noise/noised.ts'
export { timesteps } from './noise/timesteps.ts'
export { uniformTime } from './noise/uniformTime.ts'
export { type Descent, descentsOf, type Resampling } from './operations/descents.ts'
export { dimmed, evenFrames, type Frame, filmstrip } from './operations/filmstrip.ts'
export type { ImageEdit } from './operations/imageEdit.ts'
export { img2img, stepsOfStrength } from './operations/img2img.ts'
export { type Inpainting, inpaint } from './operations/inpaint.ts'
export { type Between, type End, interpolate, sharesOf } from './operations/interpolate.ts'
export { slerp } from './operations/slerp.ts'
export {
  alphaBars,
  type BetaSchedule,
  betaSchedule,
  fromAlphaBar,
  largestBeta,
  sigmasOf,
} from './process/betas/betaSchedule.ts'
export { type BetaScheduleName, betaSchedules } from './process/betas/betaSchedules.ts'
export { cosineBetas } from './process/betas/cosineBetas.ts'
export { linearBetas } from './process/betas/linearBetas.ts'
export { scaledLinearBetas } from './process/betas/scaledLinearBetas.ts'
export { sigmoidBetas } from './process/betas/sigmoidBetas.ts'
export { type DiscreteSettings, discrete } from './process/discrete.ts'
export { edm } from './process/edm.ts'
export { flow, sigmaOfTime, timeOfSigma } from './process/flow.ts'
export type { Mixture } from './process/mixture.ts'
export { type Posterior, posterior } from './process/posterior.ts'
export { epsilonPrediction } from './process/prediction/epsilonPrediction.ts'
export { converted, type Prediction } from './process/prediction/prediction.ts'
export { type PredictionName, predictions } from './process/prediction/predictions.ts'
export { samplePrediction } from './process/prediction/samplePrediction.ts'
export { vPrediction } from './process/prediction/vPrediction.ts'
export { defaultProcessSettings, type Process, type ProcessFor, type ProcessSettings } from './process/process.ts'
export { type ProcessName, processes } from './process/processes.ts'
export { timestepAt } from './process/timestepAt.ts'
export {
  type Conditioned,
  denoiseOf,
  guidedShare,
  type ImageRequest,
  type Sampling,
  type SamplingWatch,
  type Start,
  sample,
  sampleFrom,
  startNoise,
} from './sample.ts'
export { type Churn, noChurn } from './sampler/churn.ts'
export { type DdimOptions, ddim } from './sampler/ddim.ts'
export { type DdpmOptions, ddpm, type PosteriorVariance } from './sampler/ddpm.ts'
export type { DpmppOptions, SolverType } from './sampler/dpmpp.ts'
export { dpmpp2m } from './sampler/dpmpp2m.ts'
export { dpmpp2mSde } from './sampler/dpmpp2mSde.ts'
export { clipped, type Estimate, estimating, type Threshold, thresholded } from './sampler/estimate.ts'
export { euler } from './sampler/euler.ts'
export { type Draw, freshNoise } from './sampler/freshNoise.ts'
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
export { defaultSamplerOptions, type SamplerOptions, type SamplerRow } from './sampler/samplerOptions.ts'
export { type SamplerName, samplers } from './sampler/samplers.ts'
export { type UnipcOptions, unipc } from './sampler/unipc.ts'
export { admSpacing } from './schedule/admSpacing.ts'
export { ddimSpacing } from './schedule/ddimSpacing.ts'
export { evenTime } from './schedule/evenTime.ts'
export { exponential } from './schedule/exponential.ts'
export { karras } from './schedule/karras.ts'
export { leading } from './schedule/leading.ts'
export { linspace } from './schedule/linspace.ts'
export { edmRange, type NoiseRange, type Schedule, schedule, scheduleOf } from './schedule/schedule.ts'
export { type ScheduleName, schedules } from './schedule/schedules.ts'
export { spacing } from './schedule/spacing.ts'
export { trailing } from './schedule/trailing.ts'
export {
  type DenoisingOptions,
  type DenoisingTask,
  denoisingTask,
  type Examples,
  forward,
  learnsVariance,
  type Network,
  noisedAt,
  noisedBatches,
  type Shapes,
} from './task.ts'
export { timeEmbedding } from './timeEmbedding.ts'
export { times } from './times.ts'
export { meanLoss } from './validation.ts'
