/**
 * Graph to graph, preserving meaning: equal nodes are merged, composites are expanded, constants are folded, and movement
 * is normalised so that the scheduler sees what can share a buffer. Rewrites query an operation's declaration (`Algebra`,
 * `Lowering`, its own `simplify`), never its name.
 *
 * Not here: fusion and memory (`schedule`). Mutation stays inside `simplify`.
 */
import { numbering, numeral } from '../tensor/expression.ts'
import { constantOf } from '../tensor/leaf.ts'
import { size } from '../tensor/shape.ts'
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

/** Expands composites. */
const expand: Rewrite = (node) => {
  const lowering = node.rule.lower()
  return lowering.kind === 'expand' ? lowering.into : null
}

/** The primitive's own rewrites. */
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

/** Equal nodes have equal keys; null for nodes that are distinct by identity: inputs and literals. */
const keyOf = (node: Tensor, id: (x: object) => number): string | null => {
  if (node.inputs.length === 0 && constantOf(node) === null) return null
  const ids = node.inputs.map(id)
  const inputs = node.rule.algebra.commutative === true ? ids.toSorted((a, b) => a - b) : ids
  const attributes = Object.entries(node.attributes).map(([name, a]) => `${name}=${keyOfAttribute(a)}`)
  return `${id(node.rule.primitive)} ${attributes.join(' ')} ${inputs.join(' ')} ${node.shape.join('x')}`
}

/** Where a node in normal form comes from. */
export interface Origin {
  /** The node as it was written. */
  readonly node: Tensor
  /** What its labels call it. */
  readonly label: string | null
}

export interface Simplified {
  /** The same graphs in normal form, sharing every equal node, in the order given. */
  readonly outputs: readonly Tensor[]
  /** Undefined for a node that is not of these graphs. */
  readonly originOf: (normal: Tensor) => Origin | undefined
  /** What labels call the value of a node in normal form; null if it has no label. */
  readonly labelOf: (normal: Tensor) => string | null
}

/** What a label names: the node that computes the elements, below views that only order them. */
const named = (normal: Tensor): Tensor => {
  const [x] = normal.inputs
  const { kind } = normal.rule.lower()
  return kind === 'view' && x !== undefined && size(x.shape) === size(normal.shape) ? named(x) : normal
}

/** Labels of nodes in normal form. Equal nodes with several names are called by all of them, `query = key`. */
const labels = () => {
  const known = new Map<Tensor, readonly string[]>()
  const add = (normal: Tensor, label: string): void => {
    for (const node of new Set([normal, named(normal)])) {
      const others = known.get(node) ?? []
      if (!others.includes(label)) known.set(node, [...others, label])
    }
  }
  return { add, of: (normal: Tensor): string | null => known.get(normal)?.join(' = ') ?? null }
}

export const simplified = (outputs: readonly Tensor[], { exact = false }: SimplifyOptions = {}): Simplified => {
  const list = rewrites(exact)
  const normal = new Map<Tensor, Tensor>()
  const origins = new Map<Tensor, Tensor>()
  const names = labels()
  const byKey = new Map<string, Tensor>()
  const id = numbering<object>()
  const intern = (node: Tensor): Tensor => {
    const key = keyOf(node, id)
    if (key === null) return node
    const known = byKey.get(key)
    if (known === undefined) byKey.set(key, node)
    return known ?? node
  }
  const note = (node: Tensor, result: Tensor, origin: Tensor): void => {
    normal.set(node, result)
    if (!origins.has(result)) origins.set(result, origin)
    if (node.rule.label !== undefined) names.add(result, node.rule.label)
  }
  /** `source` is the written node that is being rewritten, null for one that is itself written. */
  const normalise = (root: Tensor, source: Tensor | null): Tensor => {
    for (const node of topological([root], (x) => normal.has(x))) {
      const origin = source ?? node
      const inputs = node.inputs.map((x) => normal.get(x) ?? x)
      const same = inputs.every((x, i) => x === node.inputs[i])
      const here = intern(same ? node : node.rule.rebuild(inputs))
      const known = normal.get(here)
      if (known !== undefined) {
        note(node, known, origin)
        continue
      }
      const better = list.reduce<Tensor | null>((found, rewrite) => found ?? rewrite(here), null)
      const result = better === null ? here : normalise(better, origin)
      normal.set(here, result)
      note(node, result, origin)
    }
    return normal.get(root) ?? root
  }
  const found = outputs.map((output) => normalise(output, null))
  const originOf = (node: Tensor): Origin | undefined => {
    const origin = origins.get(node)
    if (origin === undefined) return undefined
    return { node: origin, label: names.of(node) ?? names.of(normal.get(origin) ?? node) }
  }
  return { outputs: found, originOf, labelOf: names.of }
}

/** The same graphs in normal form, sharing every equal node, in the order given. */
export const simplify = (outputs: readonly Tensor[], options: SimplifyOptions = {}): readonly Tensor[] =>
  simplified(outputs, options).outputs
