/** The block of the image-space model (Eq. 9 and 10): a convolution, then a windowed transformer block. */
import { pipe } from 'fp-ts/lib/function.js'
import { conv, convSpec } from '../nn/conv.ts'
import { groupNorm, groupNormSpec } from '../nn/norm.ts'
import type { Params } from '../nn/spec.ts'
import { addWindows, toWindows } from '../nn/window.ts'
import { silu, type Tensor } from '../tensor/ops.ts'
import { type BlockConfig, block, blockSpec } from './block.ts'

/** The configuration of a DiffiT ResBlock: a block's, and its input channels. */
export interface ResBlockConfig extends BlockConfig {
  /** Input channels; `width` is the number of output channels. */
  readonly from: number
}

/** Groups of a group norm, by the channels: EDM's rule, where the paper is silent. */
export const groupsOf = (channels: number): number => Math.min(32, Math.floor(channels / 4))

/** A group norm, a 3 x 3 convolution, a block, and a 1 x 1 convolution where the widths differ. */
export const resblockSpec = (c: ResBlockConfig) => ({
  norm: groupNormSpec(c.from),
  conv: convSpec(3, c.from, c.width),
  block: blockSpec(c),
  skip: c.from === c.width ? null : convSpec(1, c.from, c.width),
})
/** The parameters of a DiffiT ResBlock. */
export type ResBlock = Params<ReturnType<typeof resblockSpec>>

/**
 * xhat = Conv3x3(Swish(GN(x))); Block(xhat, xt) + x. x [b, h, w, from], xt [b, ct] -> [b, h, w, width]. Where the widths
 * differ x goes through a 1x1 convolution.
 */
export const resblock =
  ({ heads, window, from }: Pick<ResBlockConfig, 'heads' | 'window' | 'from'>) =>
  (p: ResBlock) =>
  (x: Tensor, xt: Tensor): Tensor => {
    const xhat = pipe(x, groupNorm(groupsOf(from))(p.norm), silu, conv({ stride: 1 })(p.conv))
    const tokens = block({ heads })(p.block)(toWindows(window)(xhat), xt)
    return addWindows(window)(tokens, p.skip === null ? x : conv({ stride: 1 })(p.skip)(x))
  }
