/**
 * Kernels -> units -> dispatches. A kernel that waits for one unit more than for all others joins it, if the two can share
 * rows: then one dispatch computes both, a row after another. Otherwise it is a unit of its own, one level above what it waits
 * for; units of one level run side by side in one dispatch.
 */
import { type Access, accessesOf, conflict } from './access.ts'
import { joined, type RowedUnit, single } from './joining.ts'
import type { Part, Unit } from './units.ts'

export type Dispatch = readonly Unit[]

interface Placed {
  unit: RowedUnit
  readonly level: number
}

/** What a kernel waits for: the units of the highest level, and that level. */
const waitsFor = (accesses: readonly Access[], before: ReadonlyMap<number, readonly Seen[]>) => {
  let level = -1
  const last = new Set<Placed>()
  for (const access of accesses)
    for (const { access: other, placed } of before.get(access.buffer) ?? []) {
      if (placed.level < level || !conflict(other, access)) continue
      if (placed.level > level) last.clear()
      level = placed.level
      last.add(placed)
    }
  return { level, last: [...last] }
}

interface Seen {
  readonly access: Access
  readonly placed: Placed
}

export const dispatchesOf = (parts: readonly Part[]): readonly Dispatch[] => {
  const levels: Placed[][] = []
  const before = new Map<number, Seen[]>()
  const place = (part: Part, accesses: readonly Access[]): Placed => {
    const { level, last } = waitsFor(accesses, before)
    const [only, ...others] = last
    const both = only === undefined || others.length > 0 ? null : joined(only.unit, part)
    if (only !== undefined && both !== null) {
      only.unit = both
      return only
    }
    const placed = { unit: single(part), level: level + 1 }
    const row = levels[level + 1]
    if (row === undefined) levels[level + 1] = [placed]
    else row.push(placed)
    return placed
  }
  for (const part of parts) {
    const accesses = accessesOf(part.kernel)
    const placed = place(part, accesses)
    for (const access of accesses) {
      const seen = before.get(access.buffer) ?? []
      seen.push({ access, placed })
      before.set(access.buffer, seen)
    }
  }
  return levels.map((row) => row.map(({ unit }) => unit.chosen()))
}
