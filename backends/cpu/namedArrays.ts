/** What goes in and out of a plan by name, over the arrays of the `cpu` backend. */
import type { Named } from '../../src/plan/backend.ts'
import { FeedError } from '../../src/plan/errors.ts'
import { feedsOf } from '../../src/plan/feeds.ts'
import type { Plan, Slot } from '../../src/plan/plan.ts'
import { size } from '../../src/tensor/shape.ts'

export const namedArrays = (plan: Plan, memory: readonly Float64Array[]) => {
  const { find, checked, complete } = feedsOf(plan)
  const written = new Set<string>()
  const part = (slot: Slot): Float64Array => {
    const buffer = memory[slot.buffer]
    if (buffer === undefined) throw new FeedError(`"${slot.name}" stands in buffer ${slot.buffer}, which is missing.`)
    return buffer.subarray(0, size(slot.shape))
  }
  const write = (values: Named): void => {
    for (const [slot, numbers] of checked(values)) {
      part(slot).set(numbers)
      written.add(slot.name)
    }
  }
  const ready = (): void => complete(written)
  const read = (names: readonly string[]): Named => Object.fromEntries(names.map((n) => [n, part(find(n)).slice()]))
  const outputs = (): Named => Object.fromEntries(plan.outputs.map((p) => [p.name, part(p).slice()]))
  return { write, ready, read, outputs }
}
