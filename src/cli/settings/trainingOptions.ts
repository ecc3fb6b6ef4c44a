/** The settings of the section `training` in config.yaml, and the rules that they obey together. */
import { reconstructionLosses, reconstructionLossNames } from '../../autoencoder/loss.ts'
import {
  finite,
  fraction,
  nonNegative,
  oneOf,
  orNull,
  positive,
  positiveInteger,
  type Rule,
  record,
  yesOrNo,
} from '../../codec/codecs.ts'
import { lossNames } from '../../diffusion/loss/losses.ts'
import { weightingNames, weightings } from '../../diffusion/loss/weightings.ts'
import { type NoiseDistributionName, noiseDistributionNames } from '../../diffusion/noise/noiseDistributions.ts'
import { type BetaScheduleName, betaScheduleNames, betaSchedules } from '../../diffusion/process/betas/betaSchedules.ts'
import { type PredictionName, predictionNames, predictions } from '../../diffusion/process/prediction/predictions.ts'
import { type ProcessName, processNames } from '../../diffusion/process/processes.ts'
import { optimiserNames, optimisers } from '../../train/optimisers.ts'
import { type RateScheduleName, rateScheduleNames, rateSchedules } from '../../train/schedules.ts'
import { option } from './option.ts'

const partsDivide: Rule<{ readonly batch: number; readonly micro_batch: number }> = ({ batch, micro_batch }) =>
  batch % micro_batch === 0 ? null : `micro_batch is ${micro_batch}: expected a divisor of the batch of ${batch}`

/** A schedule that ends says where, beyond its warm-up; one that does not has no end to say. */
const endsWhere: Rule<{
  readonly schedule: RateScheduleName
  readonly schedule_images: number | null
  readonly warmup_images: number
}> = ({ schedule, schedule_images: images, warmup_images: warmup }) => {
  if (!rateSchedules[schedule].ends)
    return images === null ? null : `schedule_images is ${images}: expected null, because "${schedule}" has no end`
  if (images === null) return `schedule_images is null: expected the images of the whole run, where "${schedule}" ends`
  return images > warmup ? null : `schedule_images is ${images}: expected more than the warmup_images of ${warmup}`
}

/** A schedule that ends is at 0 there by itself. */
const oneEnd: Rule<{ readonly schedule: RateScheduleName; readonly cooldown: number }> = ({ schedule, cooldown }) =>
  rateSchedules[schedule].ends && cooldown > 0
    ? `cooldown is ${cooldown}: expected 0, because the schedule "${schedule}" falls to 0 by itself`
    : null

const defaultTimesteps = 1000
const defaultBetas: BetaScheduleName = 'linear'
const defaultPrediction: PredictionName = 'epsilon'

/** A setting of the discrete process says nothing of another one. */
const discreteAlone: Rule<{
  readonly process: ProcessName
  readonly beta_schedule: BetaScheduleName
  readonly timesteps: number
  readonly prediction: PredictionName
  readonly noise: NoiseDistributionName
}> = ({ process, noise, ...of }) => {
  if (process === 'discrete')
    return of.timesteps < 2
      ? `timesteps is ${of.timesteps}: expected at least 2, the clean end and the noisy one`
      : null
  const only = `because the process is "${process}", not "discrete"`
  if (noise === 'timesteps') return `noise is "timesteps": expected one that is drawn for any process, ${only}`
  if (of.beta_schedule !== defaultBetas)
    return `beta_schedule is "${of.beta_schedule}": expected to be left out, ${only}`
  if (of.timesteps !== defaultTimesteps) return `timesteps is ${of.timesteps}: expected to be left out, ${only}`
  if (of.prediction !== defaultPrediction) return `prediction is "${of.prediction}": expected to be left out, ${only}`
  return null
}

export const trainingOptions = record(
  {
    batch: option(positiveInteger, { help: 'images per step', flag: '--batch <n>', of: ['train'], mayChange: false }),
    micro_batch: option(positiveInteger, {
      help: 'images at a time (gradient accumulation), a divisor of the batch: less memory, the same step',
      flag: '--micro-batch <n>',
      of: ['train'],
      mayChange: false,
    }),
    loss: option(oneOf(lossNames), {
      help: `the loss: ${lossNames.join(', ')}`,
      flag: '--loss <name>',
      of: ['train'],
      objectives: ['denoising'],
      mayChange: false,
    }),
    optimiser: option(oneOf(optimiserNames), {
      help: `the optimiser: ${Object.values(optimisers)
        .map(({ name, help }) => `${name} (${help})`)
        .join(', ')}`,
      flag: '--optimiser <name>',
      of: ['train'],
      default: 'adamw',
      mayChange: false,
    }),
    block_gain: option(positive, {
      help: 'initial size of the convolutions that begin ResBlocks; below 1 a block starts near the identity',
      default: 1,
      objectives: ['denoising'],
      mayChange: false,
    }),
    unit_tokens: option(yesOrNo, {
      help: 'whether the tokens of time and label start at unit size; if not, at that of the reference, 0.02',
      default: false,
      objectives: ['denoising'],
      mayChange: false,
    }),
    learning_rate: option(positive, { help: 'the highest learning rate', mayChange: false }),
    matrix_learning_rate: option(positive, {
      help: 'the highest learning rate of matrices, with muon',
      default: 0.01,
      mayChange: false,
    }),
    matrix_momentum: option(fraction, { help: 'momentum of matrices, with muon', default: 0.95, mayChange: false }),
    matrix_weight_decay: option(nonNegative, {
      help: 'decoupled weight decay of matrices, with muon',
      default: 0,
      mayChange: false,
    }),
    schedule: option(oneOf(rateScheduleNames), {
      help: `the learning rate: ${Object.values(rateSchedules)
        .map(({ name, help }) => `${name} (${help})`)
        .join(', ')}`,
      flag: '--schedule <name>',
      of: ['train'],
      default: 'constant',
      mayChange: false,
    }),
    schedule_images: option(orNull(positiveInteger, 'for a schedule without an end'), {
      help: 'images of the whole run, for a schedule that ends: the run ends there',
      flag: '--schedule-images <n>',
      of: ['train'],
      default: null,
      mayChange: false,
    }),
    decay_images: option(positive, {
      help: 'images from which inverse_sqrt falls',
      default: 20_000,
      mayChange: false,
    }),
    cooldown: option(fraction, {
      help: 'the last share of a run over which the learning rate falls to 0; a longer run continues from before it',
      flag: '--cooldown <share>',
      of: ['train'],
      default: 0,
      mayChange: true,
    }),
    warmup_images: option(nonNegative, {
      help: 'images over which the learning rate warms up from 0',
      mayChange: false,
    }),
    beta1: option(fraction, { help: 'decay rate of the first moment', mayChange: false }),
    beta2: option(fraction, { help: 'decay rate of the second moment', mayChange: false }),
    eps: option(positive, { help: 'added to the square root of the second moment', mayChange: false }),
    weight_decay: option(nonNegative, { help: 'decoupled weight decay', mayChange: false }),
    clip: option(positive, { help: 'the gradient is clipped to this norm', mayChange: false }),
    ema_half_life: option(positive, { help: 'half-life of the EMA parameters, in images', mayChange: false }),
    ema_ramp: option(positive, {
      help: 'upper bound of the half-life, as a fraction of the images so far',
      mayChange: false,
    }),
    label_dropout: option(fraction, {
      help: 'fraction of the images whose class is dropped in training',
      objectives: ['denoising'],
      mayChange: false,
    }),
    process: option(oneOf(processNames), {
      help: `the diffusion process: ${processNames.join(', ')}`,
      flag: '--process <name>',
      of: ['train'],
      default: 'edm',
      objectives: ['denoising'],
      mayChange: false,
    }),
    beta_schedule: option(oneOf(betaScheduleNames), {
      help: `the betas of the discrete process: ${Object.values(betaSchedules)
        .map(({ name, help }) => `${name} (${help})`)
        .join(', ')}`,
      flag: '--beta-schedule <name>',
      of: ['train'],
      default: defaultBetas,
      objectives: ['denoising'],
      mayChange: false,
    }),
    timesteps: option(positiveInteger, {
      help: 'timesteps of the discrete process',
      flag: '--timesteps <n>',
      of: ['train'],
      default: defaultTimesteps,
      objectives: ['denoising'],
      mayChange: false,
    }),
    prediction: option(oneOf(predictionNames), {
      help: `what the network of the discrete process predicts: ${Object.values(predictions)
        .map(({ name, help }) => `${name} (${help})`)
        .join(', ')}`,
      flag: '--prediction <name>',
      of: ['train'],
      default: defaultPrediction,
      objectives: ['denoising'],
      mayChange: false,
    }),
    latents: option(oneOf(['sample', 'mean']), {
      help: 'what is trained on: samples of the normal latents of a picture, with noise of their own each time, or their means',
      space: 'latents',
      default: 'sample',
      mayChange: false,
    }),
    sigma_data: option(positive, {
      help: 'standard deviation of the images',
      objectives: ['denoising'],
      mayChange: false,
    }),
    weight: option(oneOf(weightingNames), {
      help: `how much noise levels count in training: ${Object.values(weightings)
        .map(({ name, help }) => `${name} (${help})`)
        .join(', ')}`,
      flag: '--weight <name>',
      of: ['train'],
      default: 'process',
      objectives: ['denoising'],
      mayChange: false,
    }),
    noise: option(oneOf(noiseDistributionNames), {
      help: `the distribution of noise levels in training: ${noiseDistributionNames.join(', ')}`,
      flag: '--noise <name>',
      of: ['train'],
      default: 'lognormal',
      objectives: ['denoising'],
      mayChange: false,
    }),
    sigma_mean: option(finite, {
      help: 'mean of the log noise level in training',
      objectives: ['denoising'],
      mayChange: false,
    }),
    sigma_std: option(positive, {
      help: 'standard deviation of the log noise level in training',
      objectives: ['denoising'],
      mayChange: false,
    }),
    augment_probability: option(fraction, {
      help: "probability of each transformation of EDM's augmentation; above 0 for a model with augment_labels, 0 is none",
      objectives: ['denoising'],
      default: 0,
      mayChange: false,
    }),
    label_smoothing: option(fraction, {
      help: 'share of a label that is spread over all classes (classifiers)',
      objectives: ['classification'],
      default: 0.05,
      mayChange: false,
    }),
    feature_dropout: option(fraction, {
      help: 'fraction of the features that is dropped in training (classifiers)',
      objectives: ['classification'],
      default: 0.3,
      mayChange: false,
    }),
    reconstruction_loss: option(oneOf(reconstructionLossNames), {
      help: `the loss of reconstructed images: ${Object.values(reconstructionLosses)
        .map(({ name, help }) => `${name} (${help})`)
        .join(', ')} (autoencoders)`,
      objectives: ['reconstruction'],
      default: 'mse',
      mayChange: false,
    }),
    kl_weight: option(nonNegative, {
      help: 'weight of the KL divergence of the latents from a standard normal (autoencoders)',
      objectives: ['reconstruction'],
      default: 1e-6,
      mayChange: false,
    }),
    augmentation: option(nonNegative, {
      help: 'strength of the random warps, brightness and noise of training images; 0 is none (classifiers)',
      objectives: ['classification'],
      default: 1,
      mayChange: false,
    }),
  },
  [partsDivide, endsWhere, oneEnd, discreteAlone],
)
