/**
 * Units -> dispatches: units that depend on nothing of each other run side by side in one dispatch, each in workgroups of
 * its own. A dispatch is a level: one more than the highest level of what its units wait for.
 */
import { type Access, accessesOf, conflict } from './access.ts'
import type { Unit } from './units.ts'

export type Dispatch = readonly Unit[]

export const dispatchesOf = (units: readonly Unit[]): readonly Dispatch[] => {
  const dispatches: Unit[][] = []
  /** By buffer, every access so far and its level. */
  const before = new Map<number, { readonly access: Access; readonly level: number }[]>()
  for (const unit of units) {
    const accesses = unit.parts.flatMap(({ kernel }) => accessesOf(kernel))
    const level = accesses.reduce((most, access) => {
      const others = before.get(access.buffer) ?? []
      return others.reduce((n, o) => (o.level >= n && conflict(o.access, access) ? o.level + 1 : n), most)
    }, 0)
    for (const access of accesses) {
      const others = before.get(access.buffer) ?? []
      others.push({ access, level })
      before.set(access.buffer, others)
    }
    const dispatch = dispatches[level]
    if (dispatch === undefined) dispatches[level] = [unit]
    else dispatch.push(unit)
  }
  return dispatches
}
