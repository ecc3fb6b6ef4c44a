/**
 * Which nodes must be materialised whatever the cost. A view moves no data as long as strides over its base can express it;
 * where they cannot (a reshape of a transpose), the node below it needs its own buffer.
 */
import type { Strided, Tensor } from '../tensor/tensor.ts'
import { boxesOf } from './place.ts'
import { below, inverse, isLeaf, type LoweringOf, rowMajor } from './views.ts'

/** The view, and whether it is a view of `x` in its own buffer, because strides over `there` could not express it. */
const viewOf = (node: Tensor, x: Tensor, there: Strided, lowering: LoweringOf) => {
  const l = lowering(node)
  if (l.kind !== 'view') throw new Error(`schedule: ${node.op} is no view`)
  const view = l.view(there)
  const fresh = view ?? l.view(rowMajor(x.shape))
  if (fresh === null) throw new Error(`schedule: strides cannot say ${node.op} of a row-major tensor`)
  return { view: fresh, apart: view === null }
}

/** What a product reads instead of `base`: the nodes below those views that strides cannot express, or `base`. */
const operandOf = (base: Tensor, chain: readonly Tensor[], lowering: LoweringOf): readonly Tensor[] => {
  const found: Tensor[] = []
  let [x, here] = [base, rowMajor(base.shape)]
  for (const node of chain) {
    const { view, apart } = viewOf(node, x, here, lowering)
    if (apart) found.push(x)
    ;[x, here] = [node, view]
  }
  return found.length === 0 ? [base] : found
}

/** Roots, products, reductions, placements, and what products read. `order` is topological. */
export const required = (
  order: readonly Tensor[],
  roots: Iterable<Tensor>,
  lowering: LoweringOf,
): ReadonlySet<Tensor> => {
  const found = new Set<Tensor>(roots)
  for (const node of order) {
    const { kind } = lowering(node)
    if (kind === 'reduce' || kind === 'contract' || kind === 'place') found.add(node)
    if (kind === 'contract')
      for (const x of node.inputs) {
        const { base, chain } = below(x, (y) => found.has(y), lowering)
        if (!isLeaf(lowering(base))) for (const y of operandOf(base, chain, lowering)) found.add(y)
      }
  }
  return found
}

/** Nodes read by some kernel. A node that can be computed directly into its box of a placement is written, not read. */
const readNodes = (
  order: readonly Tensor[],
  roots: readonly Tensor[],
  lowering: LoweringOf,
  realised: ReadonlySet<Tensor>,
): ReadonlySet<Tensor> => {
  const read = new Set(roots)
  for (const node of order.toReversed()) {
    const { kind } = lowering(node)
    if (kind === 'place') {
      for (const { source, view } of boxesOf(node, rowMajor(node.shape), lowering)) {
        const { chain } = below(source, (x) => realised.has(x), lowering)
        if (inverse(view, chain, lowering) === null) read.add(source)
      }
    } else if (kind !== 'view' || realised.has(node) || read.has(node)) for (const x of node.inputs) read.add(x)
  }
  return read
}

const layout = (v: Strided): string => `${v.shape.join()} ${v.strides.join()}`

/**
 * Nodes beyond `realised` that need a buffer, because a view of them that strides cannot otherwise express is read: one
 * pass from the inputs up. A materialised node is assumed to be row-major. `order` is topological; `roots` are read.
 */
export const unreachable = (
  order: readonly Tensor[],
  roots: readonly Tensor[],
  lowering: LoweringOf,
  realised: ReadonlySet<Tensor>,
): ReadonlySet<Tensor> => {
  const read = readNodes(order, roots, lowering, realised)
  const found = new Set<Tensor>()
  /** The different layouts in which a kernel that computes a node would read its loads. */
  const layouts = new Map<Tensor, readonly Strided[]>()
  const layoutsOf = (x: Tensor): readonly Strided[] => {
    const known = realised.has(x) || found.has(x) ? undefined : layouts.get(x)
    return known ?? [rowMajor(x.shape)]
  }
  for (const node of order) {
    const { kind } = lowering(node)
    const [x] = node.inputs
    if (kind === 'map')
      layouts.set(node, [...new Map(node.inputs.flatMap(layoutsOf).map((v) => [layout(v), v])).values()])
    else if (kind === 'view' && x !== undefined && (read.has(node) || realised.has(node))) {
      if (layoutsOf(x).some((v) => viewOf(node, x, v, lowering).apart)) found.add(x)
      layouts.set(
        node,
        layoutsOf(x).map((v) => viewOf(node, x, v, lowering).view),
      )
    }
  }
  return found
}
