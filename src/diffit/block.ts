/** The transformer block of both models (Eq. 7 and 8). */
import { flow, pipe } from 'fp-ts/lib/function.js'
import { mlp, mlpSpec } from '../nn/mlp.ts'
import { layerNorm } from '../nn/norm.ts'
import { type Fans, zeroFans } from '../nn/parameter.ts'
import type { Params } from '../nn/spec.ts'
import { add, type Tensor } from '../tensor/ops.ts'
import { type TmsaConfig, tmsa, tmsaSpec } from './tmsa.ts'

/** The configuration of a DiffiT block: TMSA's, and the width of the MLP. */
export interface BlockConfig extends TmsaConfig {
  /** Hidden width of the MLP relative to the block's width, rounded down. */
  readonly mlp_ratio: number
}

/**
 * The parameters of a block. `out` initialises both output layers; zero makes a new block the identity, as in the image-space
 * model.
 */
export const blockSpec = (c: BlockConfig, out: Fans = zeroFans) => ({
  attn: tmsaSpec(c, out),
  mlp: mlpSpec(c.width, Math.floor(c.width * c.mlp_ratio), out),
})
/** The parameters of a DiffiT block. */
export type Block = Params<ReturnType<typeof blockSpec>>

/** x + f(x). */
const residual =
  (f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor =>
    add(x, f(x))

/** xs += TMSA(LN(xs), xt); xs += MLP(LN(xs)). xs [b, g, n, c], xt [b, ct] -> [b, g, n, c]. */
export const block =
  (c: Pick<BlockConfig, 'heads'>) =>
  (p: Block) =>
  (xs: Tensor, xt: Tensor): Tensor =>
    pipe(
      xs,
      residual((x) => tmsa(c)(p.attn)(layerNorm(x), xt)),
      residual(flow(layerNorm, mlp(p.mlp))),
    )
