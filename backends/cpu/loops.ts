/** The loops of a nest as `cpu` runs them: what it stores, and whether every operand stays within its buffer. */
import type { Nest, Operand } from '../../src/plan/kernel.ts'
import type { Buffer } from '../../src/plan/plan.ts'

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
