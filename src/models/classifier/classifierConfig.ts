/** Configurations of the classifier: the fields of a file, and their constraints. */
import type * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { decodeWith, listOf, positiveInteger, type Rule, record, shown } from '../../codec/codecs.ts'
import { merged } from '../../codec/merged.ts'

/** A configuration of the classifier. */
export interface ClassifierConfig {
  readonly model: 'classifier'
  /** Height and width. */
  readonly image_size: number
  readonly channels: number
  /** Channels per level, finest first; each level has half the resolution of the one before. */
  readonly widths: readonly number[]
  /** Groups of channels that are normalised together. */
  readonly groups: number
  /** The width of the features before the last layer. */
  readonly features: number
  readonly classes: number
}

export const classifierDefaults: ClassifierConfig = {
  model: 'classifier',
  image_size: 32,
  channels: 3,
  widths: [48, 96, 144],
  groups: 8,
  features: 64,
  classes: 9,
}

const aLevel: Rule<ClassifierConfig> = ({ widths }) =>
  widths.length >= 1 ? null : 'widths is []: expected at least one level'

const groupsDivide: Rule<ClassifierConfig> = ({ widths, groups }) => {
  const wrong = widths.find((width) => width % groups !== 0)
  return wrong === undefined
    ? null
    : `groups is ${groups}: expected a divisor of every width, but ${wrong} is in widths`
}

const severalClasses: Rule<ClassifierConfig> = ({ classes }) =>
  classes >= 2 ? null : `classes is ${classes}: expected at least 2 to tell apart`

/** The last convolution halves the last level once more. */
const levelsHalve: Rule<ClassifierConfig> = ({ image_size, widths }) => {
  const by = 2 ** widths.length
  return image_size % by === 0
    ? null
    : `image_size is ${image_size}: expected a multiple of ${by}, to be halved after each of ${widths.length} levels (widths is ${shown(widths)})`
}

export const classifierFields = record(
  {
    model: t.literal('classifier'),
    image_size: positiveInteger,
    channels: positiveInteger,
    widths: listOf(positiveInteger, 'whole numbers, one per level'),
    groups: positiveInteger,
    features: positiveInteger,
    classes: positiveInteger,
  },
  [aLevel, groupsDivide, severalClasses, levelsHalve],
)

/** A configuration of the classifier, or one sentence; missing fields come from `missing`. */
export const decodeClassifierConfig = (
  raw: unknown,
  missing: ClassifierConfig = classifierDefaults,
): E.Either<string, ClassifierConfig> => decodeWith(classifierFields, merged(missing, raw), "the model's configuration")
