/** Validation of a plan's feeds: an unknown name, a wrong length or a missing input is one clear sentence. */
import { nearest } from '../codec/nearest.ts'
import { size } from '../tensor/shape.ts'
import type { Named, Numbers } from './backend.ts'
import { FeedError } from './errors.ts'
import type { Ignored, Plan, Slot } from './plan.ts'

const quoted = (names: readonly string[]): string => {
  const shown = names.slice(0, 12).map((n) => `"${n}"`)
  return names.length > 12 ? `${shown.join(', ')} and ${names.length - 12} more` : shown.join(', ')
}

/** An index takes places only: an element that is none would choose nothing, silently. */
const checkPlaces = ({ name, below }: Ignored, numbers: Numbers): void => {
  if (below === undefined) return
  const wrong = numbers.findIndex((n: number) => !(Number.isInteger(n) && n >= 0 && n < below))
  if (wrong >= 0)
    throw new FeedError(
      `Index "${name}" takes whole numbers from 0 to ${below - 1}, but element ${wrong} is ${numbers[wrong]}.`,
    )
}

export const feedsOf = (plan: Plan) => {
  const byName = new Map(plan.inputs.map((p) => [p.name, p]))
  const ignored = new Map(plan.ignored.map((p) => [p.name, p]))

  const unknown = (name: string): FeedError => {
    const names = [...byName.keys(), ...ignored.keys()]
    const near = nearest(name, names)
    const advice =
      near === null ? `it takes ${names.length === 0 ? 'none' : quoted(names)}.` : `did you mean "${near}"?`
    return new FeedError(`This plan has no input "${name}": ${advice}`)
  }
  /** The slot of a name whose values the plan holds. */
  const find = (name: string): Slot => {
    const slot = byName.get(name)
    if (slot !== undefined) return slot
    throw ignored.has(name)
      ? new FeedError(`Input "${name}" changes nothing that this plan computes, so its numbers are not kept.`)
      : unknown(name)
  }
  /** Everything is validated before anything is written; feeds of unused inputs are validated and dropped. */
  const checked = (values: Named): readonly (readonly [Slot, Numbers])[] =>
    Object.entries(values).flatMap(([name, numbers]) => {
      const slot = byName.get(name)
      const declared = slot ?? ignored.get(name)
      if (declared === undefined) throw unknown(name)
      const expected = size(declared.shape)
      if (numbers.length !== expected)
        throw new FeedError(
          `Input "${name}" of shape [${declared.shape.join(', ')}] takes ${expected} numbers, but ${numbers.length} were given.`,
        )
      checkPlaces(declared, numbers)
      return slot === undefined ? [] : [[slot, numbers]]
    })
  /** State starts as zeros, but an input that was never given is the caller's mistake. */
  const complete = (written: ReadonlySet<string>): void => {
    const missing = plan.inputs.filter((p) => !written.has(p.name) && !plan.state.includes(p.name)).map((p) => p.name)
    if (missing.length === 1) throw new FeedError(`Input "${missing[0]}" was never given.`)
    if (missing.length > 1) throw new FeedError(`Inputs ${quoted(missing)} were never given.`)
  }
  return { find, checked, complete }
}
