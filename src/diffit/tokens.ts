/** The size of time and label tokens at the start. */

import type { Leaf } from '../nn/spec.ts'
import { at } from '../tensor/axes.ts'

/** The deviation with which the embedders of time and label start otherwise. */
const small = 0.02

/**
 * The factor of an embedder's initial values that makes the token of a time, and the row of a label, of unit variance: He's
 * variance 2 / fan in for the first layer, 2.5 / fan in for the second, behind SiLU, and 1 for the table of labels. Null of
 * any other parameter. Queries, keys and values see the condition from the first step on, where tokens of 0.02 must grow.
 */
export const unitTokenGain = ({ name, parameter }: Pick<Leaf, 'name' | 'parameter'>): number | null => {
  if (name === 'y_embedder.embedding_table.weight') return 1 / small
  const fanIn = (): number => at(parameter.shape, 0)
  if (name === 't_embedder.mlp.0.weight') return Math.sqrt(2 / fanIn()) / small
  return name === 't_embedder.mlp.2.weight' ? Math.sqrt(2.5 / fanIn()) / small : null
}
