/** What goes into a plan by name, checked: an unknown name, a wrong length or a missing input is one clear sentence. */
import type { Named, Numbers } from './backend.ts'
import type { Plan, Port } from './plan.ts'

/** A name that a plan does not have, or a list of numbers that does not fill its shape. */
export class FeedError extends Error {
  override readonly name = 'FeedError'
}

export const count = (port: Port): number => port.shape.reduce((p, n) => p * n, 1)

const quoted = (names: readonly string[]): string => {
  const shown = names.slice(0, 12).map((n) => `"${n}"`)
  return names.length > 12 ? `${shown.join(', ')} and ${names.length - 12} more` : shown.join(', ')
}

export const feedsOf = (plan: Plan) => {
  const byName = new Map(plan.inputs.map((p) => [p.name, p]))

  const find = (name: string): Port => {
    const port = byName.get(name)
    if (port === undefined)
      throw new FeedError(
        `This plan has no input "${name}": it takes ${byName.size === 0 ? 'none' : quoted([...byName.keys()])}.`,
      )
    return port
  }
  /** Everything is checked before anything is written. */
  const checked = (values: Named): readonly (readonly [Port, Numbers])[] =>
    Object.entries(values).map(([name, numbers]) => {
      const port = find(name)
      if (numbers.length !== count(port))
        throw new FeedError(
          `Input "${name}" of shape [${port.shape.join(', ')}] takes ${count(port)} numbers, but ${numbers.length} were given.`,
        )
      return [port, numbers]
    })
  /** State starts as zeros, but a feed that was never given is a mistake of the caller. */
  const complete = (written: ReadonlySet<string>): void => {
    const missing = plan.inputs.filter((p) => !written.has(p.name) && !plan.state.includes(p.name)).map((p) => p.name)
    if (missing.length === 1) throw new FeedError(`Input "${missing[0]}" was never given.`)
    if (missing.length > 1) throw new FeedError(`Inputs ${quoted(missing)} were never given.`)
  }
  return { find, checked, complete }
}
