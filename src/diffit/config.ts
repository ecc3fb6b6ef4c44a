/** Configurations of either model: the presets, and decoding of the reference's format. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { wrong } from '../codec/codecs.ts'
import { suggestion } from '../codec/nearest.ts'
import { decodeImageConfig, type ImageConfig, imageDefaults } from './imageConfig.ts'
import { decodeLatentConfig, type LatentConfig, latentDefaults } from './latentConfig.ts'

/** `model` is the discriminant. */
export type ModelConfig = ImageConfig | LatentConfig

// --------------------------------------------------------------------------------------------------- presets
export const imagePresets = {
  /** Emoji on two slow cores. */
  emoji32: { ...imageDefaults, widths: [32, 64, 128], depths: [2, 2, 2], time_width: 128, classes: 9 },
  /** The benchmark preset. */
  'image-s': { ...imageDefaults, widths: [64, 128, 128], depths: [2, 2, 2], time_width: 256, classes: 10 },
  /** Table S.2 of the paper, four blocks per level (H.1). */
  cifar10: imageDefaults,
  ffhq64: { ...imageDefaults, image_size: 64, widths: [128, 256, 256, 256], depths: [4, 4, 4, 4], window: 8 },
} as const satisfies Record<string, ImageConfig>
export type ImagePresetName = keyof typeof imagePresets

export const latentPresets = {
  /** The benchmark preset: latents of 16 x 16. */
  'latent-s': {
    ...latentDefaults,
    input_size: 16,
    width: 192,
    depth: 6,
    heads: 6,
    classes: 10,
    learn_sigma: false,
  },
  /** The paper's, for ImageNet at 256 x 256: 561 M parameters. */
  'latent-xl': latentDefaults,
} as const satisfies Record<string, LatentConfig>

export const presets = { ...imagePresets, ...latentPresets } as const
export type PresetName = keyof typeof presets
export const defaultPreset: ImagePresetName = 'emoji32'

const isPreset = (name: string): name is PresetName => Object.hasOwn(presets, name)
export const preset = (name: string): E.Either<string, ModelConfig> =>
  isPreset(name)
    ? E.right(presets[name])
    : E.left(`unknown preset "${name}": ${suggestion(name, Object.keys(presets))}`)

// -------------------------------------------------------------------------------------------------- decoding
const decoders = {
  image: (raw: unknown): E.Either<string, ModelConfig> => decodeImageConfig(raw),
  latent: (raw: unknown): E.Either<string, ModelConfig> => decodeLatentConfig(raw),
} as const satisfies Record<ModelConfig['model'], unknown>
const isKind = (x: unknown): x is keyof typeof decoders => typeof x === 'string' && Object.hasOwn(decoders, x)

/** A configuration of either model in the reference's format; without `model` it is the image-space model's. */
export const decodeModelConfig = (raw: unknown): E.Either<string, ModelConfig> => {
  const kind = t.UnknownRecord.is(raw) && raw.model !== undefined ? raw.model : 'image'
  return isKind(kind) ? decoders[kind](raw) : E.left(wrong('model', kind, '"image" or "latent"'))
}
