/**
 * Which nodes get a buffer. Products, reductions and placements always do; maps are recomputed inside their consumers
 * unless that costs more than a trip to memory; views never do, unless strides cannot say them.
 */
import { work as workOf } from '../tensor/expression.ts'
import { size, strides } from '../tensor/shape.ts'
import type { Lowering, Strided, Tensor } from '../tensor/tensor.ts'

export const rowMajor = (shape: readonly number[]): Strided => ({ offset: 0, shape, strides: strides(shape) })

/** Lowerings of all nodes, made once. */
export const lowerings = (order: readonly Tensor[]): ReadonlyMap<Tensor, Lowering> =>
  new Map(order.map((node) => [node, node.rule.lower()]))

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

/** A map that reads many tensors is cut here: registers and readability end somewhere. */
const mostLoads = 10
const mostWork = 160

const ownWork = (l: Lowering | undefined): number => (l?.kind === 'map' ? workOf(l.expression) : 0)

/** A small tensor that a larger one repeats is computed once if it is more than this to compute. */
const repeatedWork = 4

/** Kernels this close find each other's results in cache, where a trip costs a part of one to memory. */
const [near, nearTrip] = [4, 0.25]

/**
 * Nodes with a kernel and a buffer of their own. `order` is topological; `roots` must be realised; `forced` are nodes that strides could not reach on an earlier try.
 */
export const fuse = (
  order: readonly Tensor[],
  lowering: ReadonlyMap<Tensor, Lowering>,
  roots: readonly Tensor[],
  forced: ReadonlySet<Tensor>,
): ReadonlySet<Tensor> => {
  const realised = new Set<Tensor>([...roots, ...forced])
  const kind = (x: Tensor): Lowering['kind'] | undefined => lowering.get(x)?.kind
  const leaf = (x: Tensor): boolean => kind(x) === 'input' || kind(x) === 'literal'
  const computes = (x: Tensor): boolean => kind(x) === 'map' && x.inputs.length > 0
  for (const node of order) {
    const k = kind(node)
    if (k === 'reduce' || k === 'contract' || k === 'place') realised.add(node)
    if (k === 'contract')
      for (const x of node.inputs) {
        const { base } = below(
          x,
          (y) => realised.has(y),
          (y) => lowering.get(y),
        )
        if (!leaf(base)) realised.add(base)
      }
  }
  // what computing a node costs where it is used: elements to read of each tensor, and arithmetic
  const loads = new Map<Tensor, ReadonlyMap<Tensor, number>>()
  const work = new Map<Tensor, number>()
  const inside = (x: Tensor): boolean => !leaf(x) && !realised.has(x)
  for (const node of order) {
    if (leaf(node)) continue
    const all = new Map<Tensor, number>()
    for (const x of node.inputs)
      for (const [load, n] of inside(x) ? (loads.get(x) ?? []) : [[x, size(x.shape)] as const])
        all.set(load, Math.min(n, size(node.shape)))
    const w = node.inputs.reduce((n, x) => n + (inside(x) ? (work.get(x) ?? 0) : 0), ownWork(lowering.get(node)))
    loads.set(node, all)
    work.set(node, w)
    const l = lowering.get(node)
    if (l?.kind === 'view' && l.repeats) {
      const { base } = below(
        node,
        (x) => realised.has(x),
        (x) => lowering.get(x),
      )
      const repeats = size(node.shape) / size(base.shape)
      if (repeats >= 4 && computes(base) && (work.get(base) ?? 0) >= repeatedWork) {
        realised.add(base)
        loads.set(node, new Map([[base, size(base.shape)]]))
        work.set(node, 0)
      }
    } else if (computes(node) && (all.size > mostLoads || w > mostWork)) realised.add(node)
  }
  // how many kernels run before
  const depth = new Map<Tensor, number>()
  for (const node of order)
    depth.set(node, Math.max(0, ...node.inputs.map((x) => depth.get(x) ?? 0)) + (realised.has(node) ? 1 : 0))
  // in which kernels a node would be computed: users come first, so theirs are settled
  const kernels = new Map<Tensor, Set<Tensor>>()
  for (const node of order.toReversed()) {
    const mine = kernels.get(node) ?? new Set()
    if (computes(node) && !realised.has(node) && mine.size > 1) {
      const large = [...(loads.get(node)?.values() ?? [])].filter((n) => n * 4 > size(node.shape)).length
      const depths = [...mine].map((k) => depth.get(k) ?? 0)
      const trip = Math.max(...depths) - Math.min(...depths) <= near ? nearTrip : 1
      const recompute = mine.size * large * trip + ((mine.size - 1) * (work.get(node) ?? 0)) / 16
      if (recompute > (large + 1 + mine.size) * trip) realised.add(node)
    }
    const through = realised.has(node) ? [node] : mine
    for (const x of node.inputs) {
      const known = kernels.get(x) ?? new Set()
      kernels.set(x, known)
      for (const k of through) known.add(k)
    }
  }
  return realised
}
