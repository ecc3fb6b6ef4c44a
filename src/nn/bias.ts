/** The bias of a layer: one number per channel, added along the last axis; null where a layer has none. */
import { refuse } from '../tensor/errors.ts'
import { add, ofRank, operation, type Tensor } from '../tensor/ops.ts'
import type { Spec } from './spec.ts'

/** A spec of a layer without its bias: `withoutBias(linearSpec(4, 8))`; the tree has null in its place. */
export const withoutBias = <Weight extends Spec>({
  weight,
}: {
  readonly weight: Weight
  readonly bias: Spec
}): { readonly weight: Weight; readonly bias: null } => ({ weight, bias: null })

/** x [..., c] plus a bias [c], or x itself. ShapeError where the bias has another size. */
export const addBias = operation('addBias', (x: Tensor, bias: Tensor | null): Tensor => {
  if (bias === null) return x
  const [c] = ofRank(bias, 1, 'a bias [c]')
  return x.shape.at(-1) === c ? add(x, bias) : refuse(`a bias of ${c} channels, expected ${x.shape.at(-1)}`)
})
