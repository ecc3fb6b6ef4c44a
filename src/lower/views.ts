/** Views: nodes that move no data. Chains of them lead from a node with its own values to what is read of it. */
import { strides } from '../tensor/shape.ts'
import type { Lowering, Strided, Tensor } from '../tensor/tensor.ts'

export type LoweringOf = (node: Tensor) => Lowering

export const rowMajor = (shape: readonly number[]): Strided => ({ offset: 0, shape, strides: strides(shape) })

/** Lowerings of all nodes, computed once. */
export const lowerings = (order: readonly Tensor[]): ReadonlyMap<Tensor, Lowering> =>
  new Map(order.map((node) => [node, node.rule.lower()]))

/** Inputs and literals: their values exist before anything runs. */
export const isLeaf = (l: Lowering): boolean => l.kind === 'input' || l.kind === 'literal'

/** The node below a chain of views, and the views from it upwards. */
export const below = (
  node: Tensor,
  stop: (x: Tensor) => boolean,
  lowering: (x: Tensor) => Lowering | undefined,
): { readonly base: Tensor; readonly chain: readonly Tensor[] } => {
  const chain: Tensor[] = []
  let base = node
  for (let l = lowering(base); l?.kind === 'view' && !stop(base); l = lowering(base)) {
    chain.unshift(base)
    const [next] = base.inputs
    if (next === undefined) break
    base = next
  }
  return { base, chain }
}

/** The strided view of `base`'s storage that a chain of views ends in. */
export const through = (base: Strided, chain: readonly Tensor[], lowering: LoweringOf): Strided =>
  chain.reduce((here, node) => {
    const l = lowering(node)
    const next = l.kind === 'view' ? l.view(here) : null
    if (next === null) throw new Error(`schedule: strides cannot say ${node.op} of ${node.inputs[0]?.op}`)
    return next
  }, base)

/**
 * Where the base of a chain of views is stored if the end of the chain is stored at `view`; null if strides cannot
 * express it.
 */
export const inverse = (view: Strided, chain: readonly Tensor[], lowering: LoweringOf): Strided | null =>
  chain.toReversed().reduce<Strided | null>((v, node) => {
    const l = lowering(node)
    return v !== null && l.kind === 'view' && l.inverse !== null ? l.inverse(v) : null
  }, view)
