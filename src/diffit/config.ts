/**
 * Configurations of the image-space model: what may be written in a file, what a size must obey, and the presets. Field
 * names are those of the reference; a missing field takes the reference's default.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { suggestion } from './nearest.ts'
import { groupsOf } from './resblock.ts'

const whole = (x: unknown): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= 1
const wholes = (x: unknown): x is readonly number[] => Array.isArray(x) && x.every(whole)
const positive = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x) && x > 0
const atLeastOne = 'a whole number of at least 1'
const oneALevel = 'a list of whole numbers, one a level'

/** A codec whose name is what was expected. */
const a = <A>(expected: string, is: (x: unknown) => x is A): t.Type<A> =>
  new t.Type(expected, is, (x, context) => (is(x) ? t.success(x) : t.failure(x, context)), t.identity)

const fields = {
  image_size: a(atLeastOne, whole),
  channels: a(atLeastOne, whole),
  widths: a(oneALevel, wholes),
  depths: a(oneALevel, wholes),
  window: a(atLeastOne, whole),
  heads: a(atLeastOne, whole),
  time_width: a(atLeastOne, whole),
  mlp_ratio: a('a positive number', positive),
  classes: a(`${atLeastOne}, or null for an unconditional model`, (x): x is number | null => x === null || whole(x)),
}
const codec = t.readonly(t.type(fields))

export interface ImageConfig {
  /** Height and width. */
  readonly image_size: number
  readonly channels: number
  /** Channels of each level, the finest first; each level has half the size of the one before. */
  readonly widths: readonly number[]
  /** ResBlocks of each level, in the encoder and again in the decoder. */
  readonly depths: readonly number[]
  /** Side of the attention's windows, in pixels of the level; a smaller level is one window. */
  readonly window: number
  readonly heads: number
  readonly time_width: number
  /** Hidden width of the perceptrons over the width of their block. */
  readonly mlp_ratio: number
  /** Null: unconditional. */
  readonly classes: number | null
}

export const defaults: ImageConfig = {
  image_size: 32,
  channels: 3,
  widths: [128, 256, 256],
  depths: [4, 4, 4],
  window: 4,
  heads: 4,
  time_width: 512,
  mlp_ratio: 4,
  classes: null,
}

export const presets = {
  /** Emoji on two slow cores. */
  emoji32: { ...defaults, widths: [32, 64, 128], depths: [2, 2, 2], time_width: 128, classes: 9 },
  /** What speed is measured on. */
  'image-s': { ...defaults, widths: [64, 128, 128], depths: [2, 2, 2], time_width: 256, classes: 10 },
  /** Table S.2 of the paper, four blocks a level (H.1). */
  cifar10: defaults,
  ffhq64: { ...defaults, image_size: 64, widths: [128, 256, 256, 256], depths: [4, 4, 4, 4], window: 8 },
} as const satisfies Record<string, ImageConfig>
export type PresetName = keyof typeof presets
export const defaultPreset: PresetName = 'emoji32'

const isPreset = (name: string): name is PresetName => Object.hasOwn(presets, name)
export const preset = (name: string): E.Either<string, ImageConfig> =>
  isPreset(name)
    ? E.right(presets[name])
    : E.left(`unknown preset "${name}": ${suggestion(name, Object.keys(presets))}`)

// ----------------------------------------------------------------------------------------------- possible sizes
type Rule = (c: ImageConfig) => string | null
const list = (xs: readonly number[]): string => `[${xs.join(', ')}]`

const oneDepthALevel: Rule = ({ widths, depths }) =>
  widths.length >= 1 && widths.length === depths.length
    ? null
    : `widths is ${list(widths)} and depths is ${list(depths)}: expected one of each for every level, and at least one level`

const headsDivide: Rule = ({ widths, heads }) => {
  const wrong = widths.find((w) => w % heads !== 0)
  return wrong === undefined ? null : `heads is ${heads}: expected a divisor of every width, but ${wrong} is in widths`
}

const groupsDivide: Rule = ({ widths }) => {
  const wrong = widths
    .flatMap((w, i) => (i < widths.length - 1 ? [w, 2 * w] : [w]))
    .find((w) => w < 4 || w % groupsOf(w) !== 0)
  return wrong === undefined
    ? null
    : wrong < 4
      ? `widths has ${wrong}: expected at least 4, the size of a group of channels`
      : `widths is ${list(widths)}: a level normalises ${wrong} channels in ${groupsOf(wrong)} groups, which do not divide them`
}

const levelsHalve: Rule = ({ image_size, widths }) => {
  const by = 2 ** (widths.length - 1)
  return image_size % by === 0
    ? null
    : `image_size is ${image_size}: expected a multiple of ${by}, to be halved between ${widths.length} levels`
}

const windowsFit: Rule = ({ image_size, widths, window }) => {
  const wrong = widths.map((_, i) => image_size / 2 ** i).find((size) => size % Math.min(window, size) !== 0)
  return wrong === undefined
    ? null
    : `window is ${window}: expected a divisor of the size of every level, but one is ${wrong} x ${wrong}`
}

const hiddenExists: Rule = ({ widths, mlp_ratio }) =>
  widths.every((w) => Math.floor(w * mlp_ratio) >= 1)
    ? null
    : `mlp_ratio is ${mlp_ratio}: expected at least one hidden channel in every block of widths ${list(widths)}`

const rules: readonly Rule[] = [oneDepthALevel, headsDivide, groupsDivide, levelsHalve, windowsFit, hiddenExists]

// ----------------------------------------------------------------------------------------------------- decoding
const shown = (x: unknown): string => JSON.stringify(x) ?? String(x)
const isRecord = t.UnknownRecord.is

/** A configuration out of a file or an option, or one sentence that names the field, its value and what was expected. */
export const decodeImageConfig = (raw: unknown, missing: ImageConfig = defaults): E.Either<string, ImageConfig> => {
  if (!isRecord(raw)) return E.left(`the model's configuration is ${shown(raw)}: expected named fields`)
  const { model = 'image', ...given } = raw
  if (model !== 'image') return E.left(`model is ${shown(model)}: expected "image"`)
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(fields, name))
  if (unknown !== undefined) return E.left(`unknown field "${unknown}": ${suggestion(unknown, Object.keys(fields))}`)
  return pipe(
    codec.decode({ ...missing, ...given }),
    E.mapLeft(([error]) => {
      const field = error?.context[1]
      return `${field?.key ?? 'the configuration'} is ${shown(field?.actual)}: expected ${field?.type.name ?? 'named fields'}`
    }),
    E.chain((config: ImageConfig) => {
      const broken = rules.map((rule) => rule(config)).find((sentence) => sentence !== null)
      return broken === undefined || broken === null ? E.right(config) : E.left(broken)
    }),
  )
}
