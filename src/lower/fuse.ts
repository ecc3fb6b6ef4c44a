/**
 * Which nodes are materialised. Products, reductions and placements always are; elementwise nodes are recomputed in their
 * consumers unless that costs more than a round trip to memory; views never are, unless strides cannot express them.
 */
import { work as workOf } from '../tensor/expression.ts'
import { size } from '../tensor/shape.ts'
import type { Lowering, Tensor } from '../tensor/tensor.ts'
import { below } from './views.ts'

/**
 * An elementwise kernel that reads more tensors, or computes more, is split: it bounds the registers and the length of one
 * generated expression. Neither was measured.
 */
const [mostLoads, mostWork] = [10, 160]

const ownWork = (l: Lowering | undefined): number => (l?.kind === 'map' ? workOf(l.expression) : 0)

/**
 * A tensor repeated this often, with this much work (an addition is 1), is computed once. It bounds the work recomputed per
 * repetition to a few additions, less than the load that replaces them. Not measured.
 */
const repeatedWork = 4

/**
 * Kernels at most this many levels apart find each other's results in cache, where a round trip costs a fraction of one to
 * memory. Measured together with two other changes: a step of image-s went from 512 to 500 ms.
 */
const [near, nearTrip] = [4, 0.25]

/**
 * Nodes with their own kernel and buffer: those that need one (`required`), and elementwise ones. `order` is
 * topological.
 */
export const fuse = (
  order: readonly Tensor[],
  lowering: ReadonlyMap<Tensor, Lowering>,
  required: ReadonlySet<Tensor>,
): ReadonlySet<Tensor> => {
  const realised = new Set<Tensor>(required)
  const kind = (x: Tensor): Lowering['kind'] | undefined => lowering.get(x)?.kind
  const leaf = (x: Tensor): boolean => kind(x) === 'input' || kind(x) === 'literal'
  const computes = (x: Tensor): boolean => kind(x) === 'map' && x.inputs.length > 0
  // the cost of recomputing a node at each use: elements read of each tensor, and arithmetic
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
  // the number of kernels that run before
  const depth = new Map<Tensor, number>()
  for (const node of order)
    depth.set(node, Math.max(0, ...node.inputs.map((x) => depth.get(x) ?? 0)) + (realised.has(node) ? 1 : 0))
  // the kernels in which a node would be computed: users come first, so theirs are known
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
