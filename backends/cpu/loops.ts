/** The loops of a nest as `cpu` runs them: what it stores, and whether every operand stays within its buffer. */
import type { Nest } from '../../src/plan/kernel.ts'
import { rangeOf } from '../../src/plan/loop.ts'
import type { Buffer } from '../../src/plan/plan.ts'

/** Shape of what a nest stores. */
export const storedShape = (nest: Nest): readonly number[] => [...nest.outer, ...nest.kept]

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
    const [low, high] = rangeOf(
      o.offset,
      sizes.map((n, i) => [n, o.strides[i] ?? Number.NaN]),
    )
    return low >= 0 && high < buffer.size
      ? []
      : [`it reaches elements ${low} to ${high} of buffer "${buffer.name}", which has ${buffer.size}`]
  })
  return faults[0] === undefined ? null : `Kernel "${nest.name}" of this plan cannot run: ${faults[0]}.`
}
