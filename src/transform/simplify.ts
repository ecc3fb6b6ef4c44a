/**
 * Graph to graph, meaning preserved: equal nodes become one, composites are written out, constants are folded, and
 * movement is put into a form in which the scheduler sees what can share a buffer. Rewrites ask what an operation is of
 * its declaration (`Algebra`, `Lowering`, its own `simplify`), never its name.
 *
 * Not here: fusion and memory (`schedule`). Mutation stays inside `simplify`.
 */
import { numbering, numeral } from '../tensor/expression.ts'
import { constantOf } from '../tensor/leaf.ts'
import { type Attribute, type Tensor, topological } from '../tensor/tensor.ts'
import { foldConstants, gatherConstants, neutral, reduceOne } from './fold.ts'
import { joinPlaces } from './join.ts'
import type { Rewrite } from './rewrite.ts'
import { stageProducts, stageReductions } from './stage.ts'

export interface SimplifyOptions {
  /**
   * Keep to IEEE arithmetic where rewrites do not: 0 times NaN or an infinity stays NaN, x + 0 turns -0 into 0 (so two
   * placements that are added stay two), and products with several constants are not gathered. Long sums are still
   * staged: their order was never promised.
   */
  readonly exact?: boolean
}

/** Composites stand for other nodes. */
const expand: Rewrite = (node) => {
  const lowering = node.rule.lower()
  return lowering.kind === 'expand' ? lowering.into : null
}

/** What the primitive itself knows. */
const own: Rewrite = (node) => node.rule.simplify(node)

const rewrites = (exact: boolean): readonly Rewrite[] => [
  expand,
  foldConstants,
  neutral(exact),
  reduceOne,
  own,
  ...(exact ? [] : [gatherConstants, joinPlaces]),
  stageReductions,
  stageProducts,
]

const keyOfAttribute = (a: Attribute): string => {
  if (typeof a === 'number') return numeral(a)
  if (typeof a === 'string') return JSON.stringify(a)
  return `[${Array.from<Attribute>(a).map(keyOfAttribute).join()}]`
}

/** Equal nodes have equal keys; null for what is distinct by identity: inputs and literals. */
const keyOf = (node: Tensor, id: (x: object) => number): string | null => {
  if (node.inputs.length === 0 && constantOf(node) === null) return null
  const ids = node.inputs.map(id)
  const inputs = node.rule.algebra.commutative === true ? ids.toSorted((a, b) => a - b) : ids
  const attributes = Object.entries(node.attributes).map(([name, a]) => `${name}=${keyOfAttribute(a)}`)
  return `${id(node.rule.primitive)} ${attributes.join(' ')} ${inputs.join(' ')} ${node.shape.join('x')}`
}

/** The same graphs in normal form, sharing every equal node, in the order given. */
export const simplify = (outputs: readonly Tensor[], { exact = false }: SimplifyOptions = {}): readonly Tensor[] => {
  const list = rewrites(exact)
  const normal = new Map<Tensor, Tensor>()
  const byKey = new Map<string, Tensor>()
  const id = numbering<object>()
  const intern = (node: Tensor): Tensor => {
    const key = keyOf(node, id)
    if (key === null) return node
    const known = byKey.get(key)
    if (known === undefined) byKey.set(key, node)
    return known ?? node
  }
  const normalise = (root: Tensor): Tensor => {
    for (const node of topological([root], (x) => normal.has(x))) {
      const inputs = node.inputs.map((x) => normal.get(x) ?? x)
      const same = inputs.every((x, i) => x === node.inputs[i])
      const here = intern(same ? node : node.rule.rebuild(inputs))
      const known = normal.get(here)
      if (known !== undefined) {
        normal.set(node, known)
        continue
      }
      const better = list.reduce<Tensor | null>((found, rewrite) => found ?? rewrite(here), null)
      const result = better === null ? here : normalise(better)
      normal.set(here, result)
      normal.set(node, result)
    }
    return normal.get(root) ?? root
  }
  return outputs.map(normalise)
}
