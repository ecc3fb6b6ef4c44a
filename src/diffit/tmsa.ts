/** Time-dependent multi-head self-attention (Eq. 3 to 6 of arXiv 2312.02139). */
import { attention, projectHeads, relativeBias, splitHeads } from '../nn/attention.ts'
import { linear, linearSpec } from '../nn/linear.ts'
import { biasTable, type Fans, zeroFans } from '../nn/parameter.ts'
import type { Params } from '../nn/spec.ts'
import { add, matmul, ofRank, operation, reshape, type Tensor } from '../tensor/ops.ts'

/** The configuration of TMSA: widths in channels, heads, and the side of a window in tokens. */
export interface TmsaConfig {
  readonly width: number
  readonly time_width: number
  readonly heads: number
  /** Tokens along each side of a window. */
  readonly window: number
}

/** The parameters of TMSA; the output projection is zero-initialised unless specified otherwise. */
export const tmsaSpec = ({ width, time_width, heads, window }: TmsaConfig, out: Fans = zeroFans) => ({
  qkv: linearSpec(width, 3 * width),
  qkv_temb: linearSpec(time_width, 3 * width),
  proj: linearSpec(width, width, out(width, width)),
  relative_position_bias_table: biasTable(window, heads),
})
/** The parameters of TMSA. */
export type Tmsa = Params<ReturnType<typeof tmsaSpec>>

/**
 * q, k, v = xs Ws + xt Wt; softmax(q k^T / sqrt(d) + B) v; a projection.
 * Spatial tokens xs [b, g, n, c] in g windows per image, time token xt [b, ct], one per image -> [b, g, n, c].
 * Both biases of q, k, v are added to the time projection, which is small: one row per image.
 */
export const tmsa =
  ({ heads }: Pick<TmsaConfig, 'heads'>) =>
  (p: Tmsa) =>
    operation('tmsa', (xs: Tensor, xt: Tensor): Tensor => {
      ofRank(xs, 4, 'tokens [b, g, n, c]')
      const time = add(linear(p.qkv_temb)(xt), p.qkv.bias)
      const [b, width] = ofRank(time, 2, 'a time token per image, [b, ct]')
      const qkv = add(matmul(xs, p.qkv.weight), reshape([b, 1, 1, width])(time))
      const [q, k, v] = splitHeads(heads)(qkv)
      const bias = relativeBias(p.relative_position_bias_table)
      return add(projectHeads(p.proj.weight)(attention(q, k, v, bias)), p.proj.bias)
    })
