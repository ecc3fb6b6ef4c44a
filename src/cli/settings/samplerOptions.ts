/** The options that only some samplers have, and those of the estimate that every sampler sees: rows of the section `sampling`. */
import { nonNegative, oneOf, orNull, positive, share, yesOrNo } from '../../codec/codecs.ts'
import { posteriorVariances } from '../../diffusion/sampler/ddpm.ts'
import { solverTypes } from '../../diffusion/sampler/dpmpp.ts'
import { defaultSamplerOptions, type SamplerOptions } from '../../diffusion/sampler/samplerOptions.ts'
import { samplerNames, samplers } from '../../diffusion/sampler/samplers.ts'
import { type EffectiveWith, option } from './option.ts'

const { churn, ...usual } = defaultSamplerOptions

/** What these rows have in common. */
const about = { of: ['sample', 'evaluate'], objectives: ['denoising'], mayChange: true } as const

/** The samplers that have an option. */
const withSamplers = (option: keyof SamplerOptions): { readonly effectiveWith: EffectiveWith } => ({
  effectiveWith: {
    path: ['sampling', 'sampler'],
    flag: '--sampler',
    values: samplerNames.filter((name) => samplers[name].uses.some((used) => used === option)),
  },
})

export const samplerRows = {
  eta: option(share, {
    help: 'ddim: the share of fresh noise, from 0, none, to 1, that of ddpm',
    flag: '--eta <n>',
    default: usual.eta,
    ...withSamplers('eta'),
    ...about,
  }),
  use_clipped_model_output: option(yesOrNo, {
    help: 'ddim: with --clip or --threshold, the noise is that of the clipped estimate',
    flag: '--use-clipped-model-output',
    default: usual.useClippedModelOutput,
    ...withSamplers('useClippedModelOutput'),
    ...about,
  }),
  s_churn: option(nonNegative, {
    help: 'euler, heun: how much noise all steps add together; 0 is none',
    flag: '--s-churn <n>',
    default: churn.sChurn,
    ...withSamplers('churn'),
    ...about,
  }),
  s_tmin: option(nonNegative, {
    help: 'euler, heun: the lowest noise level at which churn adds noise',
    flag: '--s-tmin <sigma>',
    default: churn.sTmin,
    ...withSamplers('churn'),
    ...about,
  }),
  s_tmax: option(orNull(positive, 'for none'), {
    help: 'euler, heun: the highest noise level at which churn adds noise (default: none)',
    flag: '--s-tmax <sigma>',
    default: null,
    ...withSamplers('churn'),
    ...about,
  }),
  s_noise: option(positive, {
    help: 'euler, heun: the standard deviation of the noise that churn adds',
    flag: '--s-noise <n>',
    default: churn.sNoise,
    ...withSamplers('churn'),
    ...about,
  }),
  variance: option(oneOf(posteriorVariances), {
    help: `ddpm: the variance of its noise: ${posteriorVariances.join(', ')}; learned_range is the network's, fixed_small where it answers none`,
    flag: '--variance <name>',
    default: usual.variance,
    ...withSamplers('variance'),
    ...about,
  }),
  solver_type: option(oneOf(solverTypes), {
    help: `dpmpp-2m, dpmpp-2m-sde: the second-order term: ${solverTypes.join(', ')}`,
    flag: '--solver-type <name>',
    default: usual.solverType,
    ...withSamplers('solverType'),
    ...about,
  }),
  clip: option(yesOrNo, {
    help: 'clip the estimate of the clean image to [-1, 1] in every step, whatever the sampler',
    flag: '--clip',
    default: false,
    ...about,
  }),
  threshold: option(orNull(share, 'for none'), {
    help: 'dynamic thresholding of the estimate, in place of clipping: the percentile as a share, usually 0.995 (default: none)',
    flag: '--threshold <percentile>',
    default: null,
    ...about,
  }),
  threshold_max: option(orNull(positive, 'for no limit'), {
    help: "the highest threshold; 1 is diffusers', where thresholding is clipping",
    flag: '--threshold-max <n>',
    default: 1,
    ...about,
  }),
}
