/**
 * Configurations of the image-space model: the fields of a file, and their constraints. Field names are the reference's;
 * a missing field takes the reference's default.
 */
import type * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import {
  added,
  decodeWith,
  listOf,
  named,
  orNull,
  positive,
  positiveInteger,
  type Rule,
  record,
  shown,
  yesOrNo,
} from '../../codec/codecs.ts'
import { merged } from '../../codec/merged.ts'
import { groupsOf } from '../../diffit/resblock.ts'

/** A configuration of the image-space model, in the reference's names. */
export interface ImageConfig {
  readonly model: 'image'
  /** Height and width. */
  readonly image_size: number
  readonly channels: number
  /** Channels per level, finest first; each level has half the resolution of the one before. */
  readonly widths: readonly number[]
  /** ResBlocks per level, in the encoder and again in the decoder. */
  readonly depths: readonly number[]
  /** Window size of the attention, in pixels of the level; a smaller level is one window. */
  readonly window: number
  readonly heads: number
  readonly time_width: number
  /** Hidden width of the MLPs relative to the width of their block. */
  readonly mlp_ratio: number
  /** Null: unconditional. */
  readonly classes: number | null
  /** Whether the output also has a variance parameter per channel, after the channels themselves. */
  readonly learn_sigma: boolean
  /** Numbers of the label of EDM's augmentation, 9; 0: the network takes none. */
  readonly augment_labels: 0 | 9
}

export const imageDefaults: ImageConfig = {
  model: 'image',
  image_size: 32,
  channels: 3,
  widths: [128, 256, 256],
  depths: [4, 4, 4],
  window: 4,
  heads: 4,
  time_width: 512,
  mlp_ratio: 4,
  classes: null,
  learn_sigma: false,
  augment_labels: 0,
}

const oneDepthALevel: Rule<ImageConfig> = ({ widths, depths }) =>
  widths.length >= 1 && widths.length === depths.length
    ? null
    : `widths is ${shown(widths)} and depths is ${shown(depths)}: expected one of each for every level, and at least one level`

const headsDivide: Rule<ImageConfig> = ({ widths, heads }) => {
  const wrong = widths.find((w) => w % heads !== 0)
  return wrong === undefined ? null : `heads is ${heads}: expected a divisor of every width, but ${wrong} is in widths`
}

const groupsDivide: Rule<ImageConfig> = ({ widths }) => {
  const wrong = widths
    .flatMap((w, i) => (i < widths.length - 1 ? [w, 2 * w] : [w]))
    .find((w) => w < 4 || w % groupsOf(w) !== 0)
  return wrong === undefined
    ? null
    : wrong < 4
      ? `widths has ${wrong}: expected at least 4, the size of a group of channels`
      : `widths is ${shown(widths)}: a level normalises ${wrong} channels in ${groupsOf(wrong)} groups, which do not divide them`
}

const levelsHalve: Rule<ImageConfig> = ({ image_size, widths }) => {
  const by = 2 ** (widths.length - 1)
  return image_size % by === 0
    ? null
    : `image_size is ${image_size}: expected a multiple of ${by}, to be halved between ${widths.length} levels`
}

const windowsFit: Rule<ImageConfig> = ({ image_size, widths, window }) => {
  const wrong = widths.map((_, i) => image_size / 2 ** i).find((size) => size % Math.min(window, size) !== 0)
  return wrong === undefined
    ? null
    : `window is ${window}: expected a divisor of the size of every level, but one is ${wrong} x ${wrong}`
}

const hiddenExists: Rule<ImageConfig> = ({ widths, mlp_ratio }) =>
  widths.every((w) => Math.floor(w * mlp_ratio) >= 1)
    ? null
    : `mlp_ratio is ${mlp_ratio}: expected at least one hidden channel in every block of widths ${shown(widths)}`

const perLevel = listOf(positiveInteger, 'whole numbers, one per level')

export const imageFields = record(
  {
    model: t.literal('image'),
    image_size: positiveInteger,
    channels: positiveInteger,
    widths: perLevel,
    depths: perLevel,
    window: positiveInteger,
    heads: positiveInteger,
    time_width: positiveInteger,
    mlp_ratio: positive,
    classes: orNull(positiveInteger, 'for an unconditional model'),
    learn_sigma: added(yesOrNo, imageDefaults.learn_sigma),
    augment_labels: added(
      named('0 or 9', (u): u is 0 | 9 => Object.is(u, 0) || u === 9),
      imageDefaults.augment_labels,
    ),
  },
  [oneDepthALevel, headsDivide, groupsDivide, levelsHalve, windowsFit, hiddenExists],
)

/** A configuration of the image-space model, or one sentence; missing fields come from `missing`. */
export const decodeImageConfig = (raw: unknown, missing: ImageConfig = imageDefaults): E.Either<string, ImageConfig> =>
  decodeWith(imageFields, merged(missing, raw), "the model's configuration")
