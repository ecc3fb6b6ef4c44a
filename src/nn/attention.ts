/** Multi-head attention within groups of tokens (windows, or a whole grid), and its relative position bias. */
import { isRight } from 'fp-ts/lib/Either.js'
import { at } from '../tensor/axes.ts'
import { refuse } from '../tensor/errors.ts'
import {
  add,
  arange,
  configured,
  contract,
  flip,
  le,
  mul,
  ofRank,
  operation,
  reshape,
  softmax,
  sub,
  type Tensor,
  take,
  windows,
} from '../tensor/ops.ts'
import { broadcastShapes, sameShape, text } from '../tensor/shape.ts'

/** [b, g, n, 3c] -> queries, keys and values, each [b, g, n, heads, c / heads]. */
export const splitHeads = configured(
  'splitHeads',
  (heads: number) =>
    (qkv: Tensor): readonly [q: Tensor, k: Tensor, v: Tensor] => {
      const [b, g, n, width] = ofRank(qkv, 4, 'tokens [b, g, n, 3c]')
      const d = width / 3 / heads
      if (!Number.isInteger(d)) return refuse(`${width} channels, expected a multiple of 3 x ${heads} heads`)
      const parts = reshape([b, g, n, 3, heads, d])(qkv)
      const part = (i: number): Tensor => reshape([b, g, n, heads, d])(take(3, i, i + 1)(parts))
      return [part(0), part(1), part(2)]
    },
)

/**
 * The output projection: x [b, g, heads, n, d], weight [heads d, c] -> [b, g, n, c]. It sums over the heads without merging
 * them first.
 */
export const projectHeads = configured('projectHeads', (weight: Tensor) => (x: Tensor): Tensor => {
  const [, , heads, , d] = ofRank(x, 5, 'heads [b, g, heads, n, d]')
  const [c, width] = ofRank(weight, 2, 'a weight [c, out]')
  if (c !== heads * d) return refuse(`a weight of ${c} channels, expected ${heads} heads of ${d}`)
  return contract({
    sum: [
      [2, 0],
      [4, 1],
    ],
  })(x, reshape([heads, d, width])(weight))
})

/** Refuses keys or values [b, g, m, heads, d] that have other sizes than these; null allows any. */
const expectTokens = (x: Tensor, what: string, like: readonly (number | null)[]): void => {
  const axes = like.map((n, i) => n ?? at(['b', 'g', 'm', 'heads', 'd'], i))
  ofRank(x, 5, `${what} [${axes.join(', ')}]`)
  if (like.some((n, i) => n !== null && n !== x.shape[i]))
    refuse(`${what} ${text(x.shape)}, expected [${axes.join(', ')}]`)
}

/**
 * Attention weights of query i over key j: softmax over j of (q k^T / sqrt(d) + bias). q [b, g, n, heads, d] and
 * k [b, g, m, heads, d] -> [b, g, heads, n, m], rows sum to 1. The bias broadcasts to that: [heads, n, m], a mask [n, m]
 * (`causalMask`), or null for none.
 */
export const attentionWeights = operation(
  'attentionWeights',
  (q: Tensor, k: Tensor, bias: Tensor | null = null): Tensor => {
    const [b, g, , heads, d] = ofRank(q, 5, 'queries [b, g, n, heads, d]')
    expectTokens(k, 'keys', [b, g, null, heads, d])
    const similarity = contract({
      batch: [
        [0, 0],
        [1, 1],
        [3, 3],
      ],
      sum: [[4, 4]],
    })(q, k)
    const scores = mul(similarity, 1 / Math.sqrt(d))
    if (bias === null) return softmax(-1)(scores)
    const shape = broadcastShapes(scores.shape, bias.shape)
    return isRight(shape) && sameShape(shape.right, scores.shape)
      ? softmax(-1)(add(scores, bias))
      : refuse(`a bias ${text(bias.shape)}, expected one that broadcasts to ${text(scores.shape)}`)
  },
)

/**
 * Scaled dot-product attention (Vaswani et al. 2017): queries [b, g, n, heads, d], keys [b, g, m, heads, d], values
 * [b, g, m, heads, e], each query attending to the keys of its group and head -> [b, g, heads, n, e]. The bias is added to
 * the scores, see `attentionWeights`; it is a mask where it is very negative. ShapeError where the axes do not agree.
 */
export const attention = operation(
  'attention',
  (q: Tensor, k: Tensor, v: Tensor, bias: Tensor | null = null): Tensor => {
    const weights = attentionWeights(q, k, bias)
    const [b, g, heads, , m] = ofRank(weights, 5, 'weights [b, g, heads, n, m]')
    expectTokens(v, 'values', [b, g, m, heads, null])
    return contract({
      batch: [
        [0, 0],
        [1, 1],
        [2, 3],
      ],
      sum: [[4, 2]],
    })(weights, v)
  },
)

/** A score that no softmax gives any weight beside another, and that every backend's float32 holds: no infinity. */
const never = -1e9

/**
 * Zeros and ones, 1 where a query may see a key, -> a bias for `attention`: 0 there, elsewhere so low that the weight is 0.
 * Every query has to see at least one key: one that sees none attends to all alike.
 */
export const maskBias = operation('maskBias', (seen: Tensor): Tensor => mul(sub(1, seen), never))

/** [n, n]: query i sees keys 0 to i, as a bias for `attention`; is_causal of PyTorch's scaled_dot_product_attention. */
export const causalMask = operation('causalMask', (n: number): Tensor => {
  const places = arange(n)
  return maskBias(le(places, reshape([n, 1])(places)))
})

/**
 * A table of biases by offset -> biases by query and key, [heads, n, n] with n = w w. The table [heads, 2w-1, 2w-1] has
 * both position axes reversed (`biasTable`): its windows at row w-1-y are the biases of the queries of row y, so this is
 * a view of the table and no gather.
 */
export const relativeBias = operation('relativeBias', (table: Tensor): Tensor => {
  const [heads, side, across] = ofRank(table, 3, 'a table [heads, 2w - 1, 2w - 1]')
  if (side % 2 === 0 || side !== across) return refuse('expected a table [heads, 2w - 1, 2w - 1] of a window w x w')
  const w = (side + 1) / 2
  const byOffset = windows({ axes: [1, 2], size: [w, w], stride: [1, 1], dilation: [1, 1] })(table)
  return reshape([heads, w * w, w * w])(flip([1, 2])(byOffset))
})
