/**
 * Files of the KL autoencoder, as diffusers' `AutoencoderKL` and as latent diffusion (LDM, and whole Stable Diffusion
 * checkpoints) name its tensors. Ours are diffusers'.
 */
import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { ConfiguredModel } from '../models/model.ts'
import { type FileTensor, type Layout, ownTensors, type Shapes } from './layout.ts'
import { countOf, sizeIn, type Telling, type Untold } from './told.ts'

/** diffusers' names of attention, now and before 0.14, and LDM's. */
const attention: readonly (readonly [now: string, before: string, ldm: string])[] = [
  ['group_norm', 'group_norm', 'norm'],
  ['to_q', 'query', 'q'],
  ['to_k', 'key', 'k'],
  ['to_v', 'value', 'v'],
  ['to_out.0', 'proj_attn', 'proj_out'],
]

/** A name with the name of its part of attention exchanged; unchanged for one that is no part of attention. */
const inAttention = (name: string, to: (row: (typeof attention)[number]) => string): string => {
  const [, before, part = '', leaf] = /^(.*attentions\.\d+\.)(.+)\.(weight|bias)$/.exec(name) ?? []
  const row = attention.find(([now]) => now === part)
  return before === undefined || row === undefined ? name : `${before}${to(row)}.${leaf}`
}

/** [c, c] of a linear layer, which LDM and old files have as a convolution [c, c, 1, 1]. */
const asConvolution = ({ name, shape }: FileTensor): FileTensor['shape'] =>
  /attentions\./.test(name) && shape.length === 2 ? [...shape, 1, 1] : shape

const isAutoencoder = ({ spec }: ConfiguredModel): boolean =>
  Object.hasOwn(spec, 'encoder.down_blocks.0.resnets.0.conv1.weight')

const tensorsOf = (model: ConfiguredModel): readonly FileTensor[] | null =>
  isAutoencoder(model)
    ? ownTensors(model).map((one) => {
        const before = inAttention(one.name, ([, name]) => name)
        return { ...one, shapes: [asConvolution(one)], ...(before === one.name ? {} : { aliases: [before] }) }
      })
    : null

const convolution = (name: string, output: string, input: string): Telling => ({
  name,
  axes: [output, input, 'height', 'width'],
})
const encoderIn = convolution('encoder.conv_in.weight', 'first width', 'channels')
const decoderIn = convolution('decoder.conv_in.weight', 'last width', 'latent channels')
const firstOf = (level: string): Telling =>
  convolution(`${level}resnets.0.conv1.weight`, 'the width', 'the width before')

/** The configuration that shapes under our names tell, but for the image's size and the groups, which are Stable Diffusion's. */
const configurationOf = (shapes: Shapes): E.Either<Untold, unknown> | null => {
  const levels = Array.from({ length: countOf(shapes, 'encoder.down_blocks.') }, (_, i) => `encoder.down_blocks.${i}.`)
  if (levels.length === 0 && ![encoderIn, decoderIn].some(({ name }) => shapes.has(name))) return null
  const side = 256
  const size = sizeIn(shapes)
  return pipe(
    {
      channels: size(encoderIn, 'channels'),
      latent_channels: size(decoderIn, 'latent channels'),
      widths: pipe(
        levels,
        E.traverseArray((level) => size(firstOf(level), 'the width')),
      ),
    },
    sequenceS(E.Apply),
    E.map((told) => ({
      model: 'kl',
      image_size: side,
      ...told,
      blocks: Math.max(...levels.map((level) => countOf(shapes, `${level}resnets.`))),
      attention_resolutions: levels.flatMap((level, i) =>
        countOf(shapes, `${level}attentions.`) > 0 ? [side / 2 ** i] : [],
      ),
    })),
  )
}

const renamed = (shapes: Shapes, to: (name: string) => string): Shapes =>
  new Map([...shapes].map(([name, shape]) => [to(name), shape]))

/** Files of diffusers' `AutoencoderKL`. */
export const diffusersLayout: Layout = {
  name: 'diffusers',
  about: "diffusers' AutoencoderKL (autoencoders)",
  recognises: (names) => names.some((name) => name.startsWith('encoder.down_blocks.')),
  prefixes: () => [''],
  tensors: tensorsOf,
  configuration: configurationOf,
}

/** Our name -> LDM's; the decoder's levels are counted from the other end. */
const toLdm =
  (levels: number) =>
  (name: string): string =>
    inAttention(name, ([, , ldm]) => ldm)
      .replace(/down_blocks\.(\d+)\./, 'down.$1.')
      .replace(/up_blocks\.(\d+)\./, (_, i) => `up.${levels - 1 - Number(i)}.`)
      .replace(/mid_block\.resnets\.(\d)/, (_, j) => `mid.block_${Number(j) + 1}`)
      .replace('mid_block.attentions.0', 'mid.attn_1')
      .replace(/resnets\.(\d+)/, 'block.$1')
      .replace(/attentions\.(\d+)/, 'attn.$1')
      .replace('downsamplers.0.conv', 'downsample.conv')
      .replace('upsamplers.0.conv', 'upsample.conv')
      .replace('conv_shortcut', 'nin_shortcut')
      .replace('conv_norm_out', 'norm_out')

/** LDM's name -> ours, as far as the configuration is told by it: the encoder's. */
const fromLdm = (name: string): string =>
  name
    .replace(/^encoder\.down\.(\d+)\./, 'encoder.down_blocks.$1.')
    .replace(/\.block\.(\d+)\./, '.resnets.$1.')
    .replace(/\.attn\.(\d+)\./, '.attentions.$1.')

/** Latent diffusion's autoencoder, alone or inside of a Stable Diffusion checkpoint. */
export const ldmLayout: Layout = {
  name: 'ldm',
  about: "latent diffusion's autoencoder, alone or as first_stage_model.* of a Stable Diffusion checkpoint",
  recognises: (names) => names.some((name) => /^(?:state_dict\.)?(?:first_stage_model\.)?encoder\.down\.\d/.test(name)),
  prefixes: () => ['', 'first_stage_model.', 'state_dict.', 'state_dict.first_stage_model.'],
  ignores: (name) => /^(?:loss|model_ema)\./.test(name),
  tensors: (model) => {
    const all = isAutoencoder(model) ? ownTensors(model) : null
    if (all === null) return null
    const levels = new Set(all.flatMap(({ name }) => /^encoder\.down_blocks\.(\d+)\./.exec(name)?.[1] ?? [])).size
    return all.map((one) => ({ ...one, name: toLdm(levels)(one.name), shape: asConvolution(one), shapes: [one.shape] }))
  },
  configuration: (shapes) =>
    pipe(
      configurationOf(renamed(shapes, fromLdm)),
      (told) => told && E.mapLeft(({ name, why }: Untold) => ({ name: toLdm(0)(name), why }))(told),
    ),
}
