/** The layers of the KL autoencoder: ResNet blocks, attention over all pixels, resampling by two, and the middle of each half. */
import { pipe } from 'fp-ts/lib/function.js'
import { conv, convSpec } from '../../nn/conv.ts'
import { linearSpec } from '../../nn/linear.ts'
import { multiHeadAttention } from '../../nn/multiHeadAttention.ts'
import { type Affine, groupNorm, groupNormSpec } from '../../nn/norm.ts'
import type { Params } from '../../nn/spec.ts'
import { sizeAt } from '../../tensor/axes.ts'
import { add, reshape, silu, type Tensor } from '../../tensor/ops.ts'

const eps = 1e-6
/** Group norm as in this autoencoder, eps 1e-6. */
export const norm =
  (groups: number) =>
  (p: Affine): ((x: Tensor) => Tensor) =>
    groupNorm(groups, eps)(p)

/** Two 3 x 3 convolutions after norms; a 1 x 1 convolution of the input where the widths differ. */
export const resnetSpec = (from: number, width: number) => ({
  norm1: groupNormSpec(from),
  conv1: convSpec(3, from, width),
  norm2: groupNormSpec(width),
  conv2: convSpec(3, width, width),
  conv_shortcut: from === width ? null : convSpec(1, from, width),
})
/** The parameters of a ResNet block. */
export type Resnet = Params<ReturnType<typeof resnetSpec>>

/** x [b, h, w, from] -> [b, h, w, width]: conv(silu(norm(.))) twice, plus x. He et al. (2016), in the order of their second paper. */
export const resnet =
  (groups: number) =>
  (p: Resnet) =>
  (x: Tensor): Tensor => {
    const h = pipe(
      x,
      norm(groups)(p.norm1),
      silu,
      conv({ stride: 1 })(p.conv1),
      norm(groups)(p.norm2),
      silu,
      conv({ stride: 1 })(p.conv2),
    )
    return add(h, p.conv_shortcut === null ? x : conv({ stride: 1 })(p.conv_shortcut)(x))
  }

/** One head over all pixels. */
export const pixelAttentionSpec = (width: number) => ({
  group_norm: groupNormSpec(width),
  to_q: linearSpec(width, width),
  to_k: linearSpec(width, width),
  to_v: linearSpec(width, width),
  to_out: [linearSpec(width, width)] as const,
})
/** The parameters of attention over all pixels. */
export type PixelAttention = Params<ReturnType<typeof pixelAttentionSpec>>

/** x [b, h, w, c] -> x + attention(norm(x)), every pixel attending to all of its image with one head. */
export const pixelAttention =
  (groups: number) =>
  (p: PixelAttention) =>
  (x: Tensor): Tensor => {
    const [b, h, w, c] = [sizeAt(x.shape, 0), sizeAt(x.shape, 1), sizeAt(x.shape, 2), sizeAt(x.shape, 3)]
    const [proj] = p.to_out
    if (proj === undefined) throw new TypeError('attention has an output projection')
    const attended = multiHeadAttention({ heads: 1 })({ q: p.to_q, k: p.to_k, v: p.to_v, proj })
    return add(
      x,
      pipe(x, norm(groups)(p.group_norm), reshape([b, h * w, c]), (y) => attended(y), reshape([b, h, w, c])),
    )
  }

/** A block, attention, and a block, at the resolution of the latents. */
export const middleSpec = (width: number) => ({
  resnets: [resnetSpec(width, width), resnetSpec(width, width)],
  attentions: [pixelAttentionSpec(width)],
})
/** The parameters of the middle. */
export type Middle = Params<ReturnType<typeof middleSpec>>

/** Blocks in their order, each followed by its attention if there is one. */
export const stage =
  (groups: number) =>
  ({ resnets, attentions }: { readonly resnets: readonly Resnet[]; readonly attentions: readonly PixelAttention[] }) =>
  (x: Tensor): Tensor =>
    resnets.reduce((y, block, j) => {
      const h = resnet(groups)(block)(y)
      const attention = attentions[j]
      return attention === undefined ? h : pixelAttention(groups)(attention)(h)
    }, x)

/** x [b, h, w, c] -> [b, h / 2, w / 2, c]: zeros after the rows and the columns only, then a convolution of stride 2. */
export const halve = conv({
  stride: 2,
  padding: [
    [0, 1],
    [0, 1],
  ],
})
