/** Multi-head attention of a sequence to itself or to another one. Vaswani et al. (2017), section 3.2.2. */
import { refuse } from '../tensor/errors.ts'
import { ofRank, operation, reshape, type Tensor } from '../tensor/ops.ts'
import { attention, projectHeads } from './attention.ts'
import { addBias } from './bias.ts'
import { type Linear, linear, linearSpec } from './linear.ts'

/** The widths of `multiHeadAttention`, in channels. */
export interface MultiHeadAttentionConfig {
  readonly width: number
  /** Channels of the tokens that are attended to; the width unless given. */
  readonly context?: number
}

/** Four linear layers, Xavier-uniform, biases zero. */
export const multiHeadAttentionSpec = ({ width, context = width }: MultiHeadAttentionConfig) => ({
  q: linearSpec(width, width),
  k: linearSpec(context, width),
  v: linearSpec(context, width),
  proj: linearSpec(width, width),
})
/** The parameters of `multiHeadAttention`: projections of queries, keys and values, and the output's. */
export interface MultiHeadAttention {
  readonly q: Linear
  readonly k: Linear
  readonly v: Linear
  readonly proj: Linear
}

/** What the tokens attend to, and with which bias. */
export interface Attended {
  /** What is attended to, [b, m, cc]; the tokens themselves unless given. */
  readonly context?: Tensor
  /** Added to the scores [b, 1, heads, n, m]: a mask, or a bias by position; null for none. */
  readonly bias?: Tensor | null
}

/**
 * Tokens x [b, n, c] attend to a context [b, m, cc], to x itself unless given -> [b, n, c]: queries of x, keys and values of
 * the context, `attention` in every head, and a projection; torch.nn.MultiheadAttention without dropout. The bias, null for
 * none, broadcasts to [b, 1, heads, n, m]: `causalMask(n)`, or `maskBias` of which keys an image has, [b, 1, 1, 1, m].
 */
export const multiHeadAttention =
  ({ heads }: { readonly heads: number }) =>
  (p: MultiHeadAttention) =>
    operation('multiHeadAttention', (x: Tensor, { context = x, bias = null }: Attended = {}): Tensor => {
      ofRank(x, 3, 'tokens [b, n, c]')
      ofRank(context, 3, 'a context [b, m, c]')
      const headsOf = (y: Tensor): Tensor => {
        const [b, n, c] = ofRank(y, 3, 'tokens [b, n, c]')
        if (c % heads !== 0) return refuse(`${c} channels, expected a multiple of ${heads} heads`)
        return reshape([b, 1, n, heads, c / heads])(y)
      }
      const [q, k, v] = [linear(p.q)(x), linear(p.k)(context), linear(p.v)(context)]
      const y = addBias(projectHeads(p.proj.weight)(attention(headsOf(q), headsOf(k), headsOf(v), bias)), p.proj.bias)
      const [b, , n, width] = ofRank(y, 4, 'tokens [b, 1, n, c]')
      return reshape([b, n, width])(y)
    })
