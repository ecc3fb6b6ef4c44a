/**
 * Kernels -> units -> dispatches. A kernel that waits for one unit more than for all others joins it, if the two can share
 * rows: then one dispatch computes both, a row after another. Otherwise it is a unit of its own, one level above what it waits
 * for; units of one level run side by side in one dispatch.
 */
import { type Access, accessesOf, conflict } from './access.ts'
import { joined, type RowedUnit, single } from './join.ts'
import type { Part, Unit } from './units.ts'

export type Dispatch = readonly Unit[]

/** A unit that may still grow, and the dispatch that it belongs to. */
interface Placed {
  unit: RowedUnit
  readonly level: number
}

/** What a kernel touches, and the unit that it is part of. */
interface Seen {
  readonly access: Access
  readonly placed: Placed
}

/** The units of the highest level that a kernel waits for. */
const waitsFor = (accesses: readonly Access[], seen: ReadonlyMap<number, readonly Seen[]>): readonly Placed[] => {
  let level = -1
  const last = new Set<Placed>()
  for (const access of accesses)
    for (const { access: other, placed } of seen.get(access.buffer) ?? []) {
      if (placed.level < level || !conflict(other, access)) continue
      if (placed.level > level) last.clear()
      level = placed.level
      last.add(placed)
    }
  return [...last]
}

export const dispatchesOf = (parts: readonly Part[]): readonly Dispatch[] => {
  const all: Placed[] = []
  const seen = new Map<number, Seen[]>()
  const place = (part: Part, accesses: readonly Access[]): Placed => {
    const [last, ...others] = waitsFor(accesses, seen)
    const both = last === undefined || others.length > 0 ? null : joined(last.unit, part)
    if (last !== undefined && both !== null) {
      last.unit = both
      return last
    }
    const placed = { unit: single(part), level: last === undefined ? 0 : last.level + 1 }
    all.push(placed)
    return placed
  }
  for (const part of parts) {
    const accesses = accessesOf(part.kernel)
    const placed = place(part, accesses)
    for (const access of accesses) seen.set(access.buffer, [...(seen.get(access.buffer) ?? []), { access, placed }])
  }
  const levels = Map.groupBy(all, ({ level }) => level)
  return [...levels].toSorted(([a], [b]) => a - b).map(([, units]) => units.map(({ unit }) => unit.chosen()))
}
