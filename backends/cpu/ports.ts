/** What goes in and out of a plan by name, checked: an unknown name or a wrong length is one clear sentence. */
import type { Named, Numbers } from '../../src/lower/backend.ts'
import type { Plan, Port } from '../../src/lower/plan.ts'

/** A name that a plan does not have, or a list of numbers that does not fill its shape. */
export class FeedError extends Error {
  override readonly name = 'FeedError'
}

const count = (port: Port): number => port.shape.reduce((p, n) => p * n, 1)
const quoted = (names: readonly string[]): string => {
  const shown = names.slice(0, 12).map((n) => `"${n}"`)
  return names.length > 12 ? `${shown.join(', ')} and ${names.length - 12} more` : shown.join(', ')
}

export const ports = (plan: Plan, memory: readonly Float64Array[]) => {
  const byName = new Map(plan.inputs.map((p) => [p.name, p]))
  const written = new Set<string>()

  const find = (name: string): Port => {
    const port = byName.get(name)
    if (port === undefined)
      throw new FeedError(
        `This plan has no input "${name}": it takes ${byName.size === 0 ? 'none' : quoted([...byName.keys()])}.`,
      )
    return port
  }
  const part = (port: Port): Float64Array => {
    const buffer = memory[port.buffer]
    if (buffer === undefined) throw new FeedError(`"${port.name}" stands in buffer ${port.buffer}, which is missing.`)
    return buffer.subarray(0, count(port))
  }

  /** Everything is checked before anything is written. */
  const write = (values: Named): void => {
    const checked = Object.entries(values).map(([name, numbers]): readonly [Port, Numbers] => {
      const port = find(name)
      if (numbers.length !== count(port))
        throw new FeedError(
          `Input "${name}" of shape [${port.shape.join(', ')}] takes ${count(port)} numbers, but ${numbers.length} were given.`,
        )
      return [port, numbers]
    })
    for (const [port, numbers] of checked) {
      part(port).set(numbers)
      written.add(port.name)
    }
  }

  /** State starts as zeros, but a feed that was never given is a mistake of the caller. */
  const ready = (): void => {
    const missing = plan.inputs.filter((p) => !written.has(p.name) && !plan.state.includes(p.name)).map((p) => p.name)
    if (missing.length === 1) throw new FeedError(`Input "${missing[0]}" was never given.`)
    if (missing.length > 1) throw new FeedError(`Inputs ${quoted(missing)} were never given.`)
  }

  const read = (names: readonly string[]): Named => Object.fromEntries(names.map((n) => [n, part(find(n)).slice()]))
  const outputs = (): Named => Object.fromEntries(plan.outputs.map((p) => [p.name, part(p).slice()]))
  return { write, ready, read, outputs }
}
