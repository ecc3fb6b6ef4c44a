/** A sum of placements with disjoint supports is one placement. */
import { at } from '../tensor/axes.ts'
import { apart, type Box } from '../tensor/box.ts'
import { place } from '../tensor/slice.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Rewrite } from './rewrite.ts'

const placedIn = (node: Tensor): readonly (Box & { readonly input: Tensor })[] | null => {
  const lowering = node.rule.lower()
  if (lowering.kind !== 'place') return null
  return node.inputs.map((input, i) => ({ ...at(lowering.boxes, i), size: input.shape, input }))
}

export const joinPlaces: Rewrite = (node) => {
  const [x, y] = node.inputs
  if (node.rule.algebra.additive !== true || x === undefined || y === undefined) return null
  const [a, b] = [placedIn(x), placedIn(y)]
  if (a === null || b === null || !a.every((p) => b.every((q) => apart(p, q)))) return null
  const all = [...a, ...b]
  return place(
    node.shape,
    all.map(({ start, step }) => ({ start, step })),
    all.map((p) => p.input),
  )
}
