/**
 * Configurations of the KL autoencoder: the fields of a file, and their constraints. Field names are the reference's; a missing
 * field takes the value of Stable Diffusion's autoencoder.
 */
import type * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { decodeWith, listOf, positiveInteger, type Rule, record, shown } from '../../codec/codecs.ts'
import { merged } from '../../codec/merged.ts'

/** A configuration of the KL autoencoder. */
export interface KLConfig {
  readonly model: 'kl'
  /** Height and width of the images. */
  readonly image_size: number
  readonly channels: number
  /** Channels of the latents. */
  readonly latent_channels: number
  /** Channels per level, finest first; each level has half the resolution of the one before, the last one is the latents'. */
  readonly widths: readonly number[]
  /** ResNet blocks of a level of the encoder; the decoder has one more. */
  readonly blocks: number
  /** Groups of channels that are normalised together. */
  readonly groups: number
  /** Heights of the levels whose every block is followed by attention, as in latent diffusion's f16 and f32. */
  readonly attention_resolutions: readonly number[]
}

/** Stable Diffusion's: 83,653,863 parameters, images of 256 x 256 as latents of 32 x 32 x 4. */
export const klDefaults: KLConfig = {
  model: 'kl',
  image_size: 256,
  channels: 3,
  latent_channels: 4,
  widths: [128, 256, 512, 512],
  blocks: 2,
  groups: 32,
  attention_resolutions: [],
}

/** Pixels along a side of the image for one of the latents. */
export const downsamplingOf = ({ widths }: Pick<KLConfig, 'widths'>): number => 2 ** (widths.length - 1)

/** Height and width of the levels, finest first. */
export const resolutionsOf = ({ image_size, widths }: Pick<KLConfig, 'image_size' | 'widths'>): readonly number[] =>
  widths.map((_, i) => image_size / 2 ** i)

const aLevel: Rule<KLConfig> = ({ widths }) => (widths.length >= 1 ? null : 'widths is []: expected at least one level')

const groupsDivide: Rule<KLConfig> = ({ widths, groups }) => {
  const wrong = widths.find((width) => width % groups !== 0)
  return wrong === undefined
    ? null
    : `groups is ${groups}: expected a divisor of every width, but ${wrong} is in widths`
}

const levelsHalve: Rule<KLConfig> = ({ image_size, widths }) => {
  const by = downsamplingOf({ widths })
  return image_size % by === 0
    ? null
    : `image_size is ${image_size}: expected a multiple of ${by}, to be halved between ${widths.length} levels (widths is ${shown(widths)})`
}

const attentionSomewhere: Rule<KLConfig> = ({ attention_resolutions, ...c }) => {
  const levels = resolutionsOf(c)
  const wrong = attention_resolutions.find((resolution) => !levels.includes(resolution))
  return wrong === undefined
    ? null
    : `attention_resolutions has ${wrong}: expected the resolution of a level, one of ${levels.join(', ')}`
}

export const klFields = record(
  {
    model: t.literal('kl'),
    image_size: positiveInteger,
    channels: positiveInteger,
    latent_channels: positiveInteger,
    widths: listOf(positiveInteger, 'whole numbers, one per level'),
    blocks: positiveInteger,
    groups: positiveInteger,
    attention_resolutions: listOf(positiveInteger, 'resolutions of levels'),
  },
  [aLevel, groupsDivide, levelsHalve, attentionSomewhere],
)

/** A configuration of the KL autoencoder, or one sentence; missing fields come from `missing`. */
export const decodeKLConfig = (raw: unknown, missing: KLConfig = klDefaults): E.Either<string, KLConfig> =>
  decodeWith(klFields, merged(missing, raw), "the model's configuration")
