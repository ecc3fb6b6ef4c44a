/**
 * The image-space model (Table S.2 of arXiv 2312.02139): a U-Net of ResBlocks with one skip connection per level. Where the
 * paper is silent, it follows the reference: skips are concatenated, upsampling is nearest followed by a convolution.
 */
import { pipe } from 'fp-ts/lib/function.js'
import { groupsOf, type ResBlock, type ResBlockConfig, resblock, resblockSpec } from '../../diffit/resblock.ts'
import { timeToken } from '../../diffit/timeToken.ts'
import { conv, convSpec, upsampleConv } from '../../nn/conv.ts'
import { augmentEmbedderSpec, labelEmbedderSpec, timeEmbedderSpec } from '../../nn/embedding.ts'
import { groupNorm, groupNormSpec } from '../../nn/norm.ts'
import { zeros } from '../../nn/parameter.ts'
import type { Params } from '../../nn/spec.ts'
import { at } from '../../tensor/axes.ts'
import { concat, silu, type Tensor } from '../../tensor/ops.ts'
import type { ImageConfig } from './imageConfig.ts'

interface Level {
  readonly width: number
  /** Channels of the next level down, null at the bottom. */
  readonly below: number | null
  readonly blocks: readonly ResBlockConfig[]
}

/** The levels from finest to coarsest, as in the encoder or the decoder. */
const levelsOf = (c: ImageConfig, decoder: boolean): readonly Level[] =>
  c.widths.map((width, i) => ({
    width,
    below: c.widths[i + 1] ?? null,
    blocks: Array.from({ length: at(c.depths, i) }, (_, j) => ({
      from: decoder && j === 0 ? 2 * width : width,
      width,
      time_width: c.time_width,
      heads: c.heads,
      window: Math.min(c.window, c.image_size / 2 ** i),
      mlp_ratio: c.mlp_ratio,
    })),
  }))
/** The decoder runs from the second coarsest level up to the finest. */
const decoderOf = (c: ImageConfig): readonly Level[] => levelsOf(c, true).slice(0, -1).reverse()

/** The parameters of the image-space model of a configuration. */
export const imageSpec = (c: ImageConfig) => {
  const first = at(c.widths, 0)
  return {
    t_embedder: timeEmbedderSpec(c.time_width),
    y_embedder: c.classes === null ? null : labelEmbedderSpec(c.classes, c.time_width),
    augment_embedder: c.augment_labels === 0 ? null : augmentEmbedderSpec(c.augment_labels),
    tokenizer: convSpec(3, c.channels, first),
    down: levelsOf(c, false).map((l) => ({
      blocks: l.blocks.map(resblockSpec),
      downsample: l.below === null ? null : convSpec(3, l.width, l.below),
    })),
    up: decoderOf(c).map((l) => ({
      upsample: convSpec(3, l.below ?? l.width, l.width),
      blocks: l.blocks.map(resblockSpec),
    })),
    head: { norm: groupNormSpec(first), conv: convSpec(3, first, c.channels * (c.learn_sigma ? 2 : 1), zeros) },
  }
}
/** The parameters of the image-space model. */
export type ImageParams = Params<ReturnType<typeof imageSpec>>

/**
 * x [b, h, w, channels], sinusoids of the time [b, 256], one-hot labels [b, classes + 1] (null for an unconditional
 * model), labels of augmentation [b, 9] (null without `augment_labels`) -> [b, h, w, channels], or twice the channels with learned
 * variance. The last convolution is zero-initialised, so the initial output is zero.
 */
export const imageModel = (c: ImageConfig) => {
  const [encoder, decoder] = [levelsOf(c, false), decoderOf(c)]
  const through = (level: Level, blocks: readonly ResBlock[], x: Tensor, xt: Tensor): Tensor =>
    blocks.reduce((y, p, j) => resblock(at(level.blocks, j))(p)(y, xt), x)
  return {
    spec: imageSpec(c),
    apply:
      (p: ImageParams) =>
      (image: Tensor, time: Tensor, labels: Tensor | null, augment: Tensor | null = null): Tensor => {
        const xt = timeToken(p)(time, labels, augment)
        const skips: Tensor[] = []
        let x = conv({ stride: 1 })(p.tokenizer)(image)
        p.down.forEach((level, i) => {
          x = through(at(encoder, i), level.blocks, x, xt)
          if (level.downsample === null) return
          skips.push(x)
          x = conv({ stride: 2 })(level.downsample)(x)
        })
        p.up.forEach((level, i) => {
          const above = upsampleConv(level.upsample)(x)
          x = through(at(decoder, i), level.blocks, concat(-1)([above, ...skips.splice(-1)]), xt)
        })
        return pipe(x, groupNorm(groupsOf(at(c.widths, 0)))(p.head.norm), silu, conv({ stride: 1 })(p.head.conv))
      },
  }
}
