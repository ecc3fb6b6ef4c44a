/**
 * The KL autoencoder of latent diffusion (Rombach et al. 2022, arXiv 2112.10752) and Stable Diffusion: a convolutional encoder
 * to the mean and the log-variance of each latent, and a decoder. Parameter names are those of diffusers' `AutoencoderKL`.
 */
import { pipe } from 'fp-ts/lib/function.js'
import { conv, convSpec, upsampleConv } from '../../nn/conv.ts'
import { groupNormSpec } from '../../nn/norm.ts'
import type { Params } from '../../nn/spec.ts'
import { at } from '../../tensor/axes.ts'
import { clip, silu, type Tensor, take } from '../../tensor/ops.ts'
import type { Autoencode } from '../model.ts'
import { type KLConfig, resolutionsOf } from './klConfig.ts'
import { halve, middleSpec, norm, pixelAttentionSpec, resnetSpec, stage } from './klLayers.ts'

interface Level {
  readonly width: number
  /** Input channels of each block. */
  readonly from: readonly number[]
  readonly attends: boolean
  readonly isLast: boolean
}

/** The levels in the order in which a half goes through them; each begins with the channels of the one before. */
const levelsOf = (c: KLConfig, widths: readonly number[], resolutions: readonly number[], blocks: number) =>
  widths.map(
    (width, i): Level => ({
      width,
      from: Array.from({ length: blocks }, (_, j) => (j === 0 ? at(widths, Math.max(i - 1, 0)) : width)),
      attends: c.attention_resolutions.includes(at(resolutions, i)),
      isLast: i + 1 === widths.length,
    }),
  )
const encoderOf = (c: KLConfig): readonly Level[] => levelsOf(c, c.widths, resolutionsOf(c), c.blocks)
const decoderOf = (c: KLConfig): readonly Level[] =>
  levelsOf(c, c.widths.toReversed(), resolutionsOf(c).toReversed(), c.blocks + 1)

const blocksSpec = ({ width, from, attends }: Level) => ({
  resnets: from.map((each) => resnetSpec(each, width)),
  attentions: attends ? from.map(() => pixelAttentionSpec(width)) : [],
})
const resamplerSpec = ({ width, isLast }: Level) => (isLast ? [] : [{ conv: convSpec(3, width, width) }])

/** The parameters of the KL autoencoder of a configuration. */
export const klSpec = (c: KLConfig) => {
  const [finest, coarsest] = [at(c.widths, 0), at(c.widths, c.widths.length - 1)]
  const z = c.latent_channels
  return {
    encoder: {
      conv_in: convSpec(3, c.channels, finest),
      down_blocks: encoderOf(c).map((level) => ({ ...blocksSpec(level), downsamplers: resamplerSpec(level) })),
      mid_block: middleSpec(coarsest),
      conv_norm_out: groupNormSpec(coarsest),
      conv_out: convSpec(3, coarsest, 2 * z),
    },
    decoder: {
      conv_in: convSpec(3, z, coarsest),
      mid_block: middleSpec(coarsest),
      up_blocks: decoderOf(c).map((level) => ({ ...blocksSpec(level), upsamplers: resamplerSpec(level) })),
      conv_norm_out: groupNormSpec(finest),
      conv_out: convSpec(3, finest, c.channels),
    },
    quant_conv: convSpec(1, 2 * z, 2 * z),
    post_quant_conv: convSpec(1, z, z),
  }
}
/** The parameters of the KL autoencoder. */
export type KLParams = Params<ReturnType<typeof klSpec>>

/** Bounds of the log-variance, as in latent diffusion. */
const least = -30
const most = 20

/**
 * `encode`: x [b, h, w, channels] -> the mean and the log-variance, from -30 to 20, of the latents, each [b, h / f, w / f,
 * latent_channels] with f = 2^(levels - 1). `decode`: latents -> [b, h, w, channels]. Height and width may be others than the
 * configuration's `image_size`, if they are multiples of f.
 */
export const klModel = (c: KLConfig) => {
  const z = c.latent_channels
  const out =
    (p: KLParams['encoder'] | KLParams['decoder']) =>
    (x: Tensor): Tensor =>
      pipe(x, norm(c.groups)(p.conv_norm_out), silu, conv({ stride: 1 })(p.conv_out))
  return {
    spec: klSpec(c),
    apply: ({ encoder, decoder, quant_conv, post_quant_conv }: KLParams): Autoencode => ({
      encode: (x) => {
        const features = encoder.down_blocks.reduce(
          (y, level) => {
            const h = stage(c.groups)(level)(y)
            return level.downsamplers.reduce((v, p) => halve(p.conv)(v), h)
          },
          conv({ stride: 1 })(encoder.conv_in)(x),
        )
        const moments = pipe(
          features,
          stage(c.groups)(encoder.mid_block),
          out(encoder),
          conv({ stride: 1 })(quant_conv),
        )
        return { mean: take(-1, 0, z)(moments), logVariance: clip(least, most)(take(-1, z, 2 * z)(moments)) }
      },
      decode: (latents) => {
        const start = pipe(latents, conv({ stride: 1 })(post_quant_conv), conv({ stride: 1 })(decoder.conv_in))
        return pipe(
          decoder.up_blocks.reduce(
            (y, level) => level.upsamplers.reduce((v, p) => upsampleConv(p.conv)(v), stage(c.groups)(level)(y)),
            stage(c.groups)(decoder.mid_block)(start),
          ),
          out(decoder),
        )
      },
    }),
  }
}
