/** Multi-head attention within groups of tokens (windows, or a whole grid), and its relative position bias. */
import {
  add,
  configured,
  contract,
  flip,
  mul,
  ofRank,
  operation,
  reshape,
  softmax,
  type Tensor,
  take,
  windows,
} from '../tensor/ops.ts'

/** [b, g, n, 3c] -> queries, keys and values, each [b, g, n, heads, c / heads]. */
export const splitHeads = configured(
  'splitHeads',
  (heads: number) =>
    (qkv: Tensor): readonly [q: Tensor, k: Tensor, v: Tensor] => {
      const [b, g, n, width] = ofRank(qkv, 4, 'tokens [b, g, n, 3c]')
      const parts = reshape([b, g, n, 3, heads, width / 3 / heads])(qkv)
      const part = (i: number): Tensor => reshape([b, g, n, heads, width / 3 / heads])(take(3, i, i + 1)(parts))
      return [part(0), part(1), part(2)]
    },
)

/**
 * The output projection: x [b, g, heads, n, d], weight [heads d, c] -> [b, g, n, c]. It sums over the heads without merging
 * them first.
 */
export const projectHeads = configured('projectHeads', (weight: Tensor) => (x: Tensor): Tensor => {
  const [, , heads, , d] = ofRank(x, 5, 'heads [b, g, heads, n, d]')
  const [, width] = ofRank(weight, 2, 'a weight [c, out]')
  return contract({
    sum: [
      [2, 0],
      [4, 1],
    ],
  })(x, reshape([heads, d, width])(weight))
})

/** Attention weights of query i over key j: softmax over j of (q k^T / sqrt(d) + bias), [b, g, heads, n, n]; rows sum to 1. */
export const attentionWeights = operation(
  'attentionWeights',
  (q: Tensor, k: Tensor, bias: Tensor /* [heads, n, n] */): Tensor => {
    const [, , , , d] = ofRank(q, 5, 'queries [b, g, n, heads, d]')
    const similarity = contract({
      batch: [
        [0, 0],
        [1, 1],
        [3, 3],
      ],
      sum: [[4, 4]],
    })(q, k)
    return softmax(-1)(add(mul(similarity, 1 / Math.sqrt(d)), bias))
  },
)

/** Queries, keys and values [b, g, n, heads, d] -> [b, g, heads, n, d]. */
export const attention = (q: Tensor, k: Tensor, v: Tensor, bias: Tensor): Tensor =>
  contract({
    batch: [
      [0, 0],
      [1, 1],
      [2, 3],
    ],
    sum: [[4, 2]],
  })(attentionWeights(q, k, bias), v)

/**
 * A table of biases by offset -> biases by query and key, [heads, n, n] with n = w w. The table [heads, 2w-1, 2w-1] has
 * both position axes reversed (`biasTable`): its windows at row w-1-y are the biases of the queries of row y, so this is
 * a view of the table and no gather.
 */
export const relativeBias = operation('relativeBias', (table: Tensor): Tensor => {
  const [heads, side] = ofRank(table, 3, 'a table [heads, 2w - 1, 2w - 1]')
  const w = (side + 1) / 2
  const byOffset = windows({ axes: [1, 2], size: [w, w], stride: [1, 1], dilation: [1, 1] })(table)
  return reshape([heads, w * w, w * w])(flip([1, 2])(byOffset))
})
