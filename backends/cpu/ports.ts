/** What goes in and out of a plan by name, over the arrays of the `cpu` backend. */
import type { Named } from '../../src/plan/backend.ts'
import { FeedError } from '../../src/plan/errors.ts'
import { feedsOf } from '../../src/plan/feeds.ts'
import type { Plan, Port } from '../../src/plan/plan.ts'
import { size } from '../../src/tensor/shape.ts'

export const ports = (plan: Plan, memory: readonly Float64Array[]) => {
  const { find, checked, complete } = feedsOf(plan)
  const written = new Set<string>()
  const part = (port: Port): Float64Array => {
    const buffer = memory[port.buffer]
    if (buffer === undefined) throw new FeedError(`"${port.name}" stands in buffer ${port.buffer}, which is missing.`)
    return buffer.subarray(0, size(port.shape))
  }
  const write = (values: Named): void => {
    for (const [port, numbers] of checked(values)) {
      part(port).set(numbers)
      written.add(port.name)
    }
  }
  const ready = (): void => complete(written)
  const read = (names: readonly string[]): Named => Object.fromEntries(names.map((n) => [n, part(find(n)).slice()]))
  const outputs = (): Named => Object.fromEntries(plan.outputs.map((p) => [p.name, part(p).slice()]))
  return { write, ready, read, outputs }
}
