/**
 * One shape for both kernels: loops around one scalar expression, which is what `cpu` prints. A contract is the nest
 * that sums the product of its two operands, so its meaning is settled here and nowhere else.
 *
 * Not a schedule: the order of the loops is the order of the kernel's axes, with the summed ones innermost.
 */

import type { Contract, Kernel, Nest, Operand } from '../../src/lower/kernel.ts'
import type { Buffer } from '../../src/lower/plan.ts'
import { apply, operand } from '../../src/tensor/expression.ts'

const contractNest = ({ name, outer, axes, a, b, c }: Contract): Nest => {
  const [stored, summed] = [axes.filter((x) => x.role !== 'k'), axes.filter((x) => x.role === 'k')]
  const sizes = stored.map((x) => x.size)
  const all = [...stored, ...summed]
  return {
    kind: 'nest',
    name,
    outer: sizes.slice(0, outer),
    kept: sizes.slice(outer),
    reduced: summed.map((x) => x.size),
    fold: 'sum',
    expression: apply('mul', operand(0), operand(1)),
    loads: [
      { ...a, strides: all.map((x) => x.a) },
      { ...b, strides: all.map((x) => x.b) },
    ],
    store: { ...c, strides: stored.map((x) => x.c) },
  }
}

export const nestOf = (kernel: Kernel): Nest => (kernel.kind === 'nest' ? kernel : contractNest(kernel))

/** Shape of what a nest stores. */
export const storedShape = (nest: Nest): readonly number[] => [...nest.outer, ...nest.kept]

/** First and last element that an operand touches under some loops. */
const reach = (o: Operand, sizes: readonly number[]): readonly [low: number, high: number] => {
  const ends = sizes.map((n, i) => (n - 1) * (o.strides[i] ?? 0))
  return [
    o.offset + ends.reduce((sum, e) => sum + Math.min(0, e), 0),
    o.offset + ends.reduce((sum, e) => sum + Math.max(0, e), 0),
  ]
}

/** One sentence about an operand that leaves its buffer or has too few strides, or null. */
export const fault = (nest: Nest, buffers: readonly Buffer[]): string | null => {
  const stored = storedShape(nest)
  const all = [...stored, ...nest.reduced]
  if (all.includes(0)) return null
  const uses = [...nest.loads.map((o) => ({ o, sizes: all })), { o: nest.store, sizes: stored }]
  const faults = uses.flatMap(({ o, sizes }) => {
    const buffer = buffers[o.buffer]
    if (buffer === undefined) return [`it uses buffer ${o.buffer}, which does not exist`]
    if (o.strides.length !== sizes.length) return [`it has ${o.strides.length} strides for ${sizes.length} axes`]
    const [low, high] = reach(o, sizes)
    return low >= 0 && high < buffer.size
      ? []
      : [`it reaches elements ${low} to ${high} of buffer "${buffer.name}", which has ${buffer.size}`]
  })
  return faults[0] === undefined ? null : `Kernel "${nest.name}" of this plan cannot run: ${faults[0]}.`
}
