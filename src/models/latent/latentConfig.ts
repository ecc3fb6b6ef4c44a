/**
 * Configurations of the latent model: the fields of a file, and their constraints. Field names are the reference's; a
 * missing field takes the reference's default.
 */
import type * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { decodeWith, positive, positiveInteger, type Rule, record, yesOrNo } from '../../codec/codecs.ts'
import { merged } from '../../codec/merged.ts'

/** A configuration of the latent-space model, in the reference's names. */
export interface LatentConfig {
  readonly model: 'latent'
  /** Height and width of the latents. */
  readonly input_size: number
  /** Channels of the latents. */
  readonly channels: number
  /** Patch size. */
  readonly patch: number
  /** Width of the tokens, and of the time token. */
  readonly width: number
  /** Blocks. */
  readonly depth: number
  readonly heads: number
  /** Hidden width of the MLPs relative to the width of their block. */
  readonly mlp_ratio: number
  readonly classes: number
  /** Whether the output also has a variance parameter per channel, after the channels themselves. */
  readonly learn_sigma: boolean
}

/** The model of the paper (ImageNet at 256 x 256). The paper says 30 blocks; its 561 M parameters are those of 28. */
export const latentDefaults: LatentConfig = {
  model: 'latent',
  input_size: 32,
  channels: 4,
  patch: 2,
  width: 1152,
  depth: 28,
  heads: 16,
  mlp_ratio: 4,
  classes: 1000,
  learn_sigma: true,
}

const patchesTile: Rule<LatentConfig> = ({ input_size, patch }) =>
  input_size % patch === 0 ? null : `patch is ${patch}: expected a divisor of the input_size of ${input_size}`

const headsDivide: Rule<LatentConfig> = ({ width, heads }) =>
  width % heads === 0 ? null : `heads is ${heads}: expected a divisor of the width of ${width}`

const positionsFit: Rule<LatentConfig> = ({ width }) =>
  width % 4 === 0 ? null : `width is ${width}: expected a multiple of 4, for sines and cosines of columns and of rows`

const hiddenExists: Rule<LatentConfig> = ({ width, mlp_ratio }) =>
  Math.floor(width * mlp_ratio) >= 1
    ? null
    : `mlp_ratio is ${mlp_ratio}: expected at least one hidden channel in every block of width ${width}`

export const latentFields = record(
  {
    model: t.literal('latent'),
    input_size: positiveInteger,
    channels: positiveInteger,
    patch: positiveInteger,
    width: positiveInteger,
    depth: positiveInteger,
    heads: positiveInteger,
    mlp_ratio: positive,
    classes: positiveInteger,
    learn_sigma: yesOrNo,
  },
  [patchesTile, headsDivide, positionsFit, hiddenExists],
)

/** A configuration of the latent model, or one sentence; missing fields come from `missing`. */
export const decodeLatentConfig = (
  raw: unknown,
  missing: LatentConfig = latentDefaults,
): E.Either<string, LatentConfig> => decodeWith(latentFields, merged(missing, raw), "the model's configuration")
