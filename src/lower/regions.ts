/**
 * Drafts to regions: neighbouring drafts with matching rows run depth-first, row by row, so that intermediates are still
 * in a core's cache.
 */

import { rows } from '../plan/kernel.ts'
import type { Buffer, Region } from '../plan/plan.ts'
import { at } from '../tensor/axes.ts'
import { type Draft, extentsOf, keepsToItsRow, kernelOf } from './draft.ts'
import { large } from './order.ts'

/** Elements that the kernels of a region may write per row: 512 KiB in float32, half of an L2 cache of 1 MiB. */
const rowBudget = 128 * 1024

/**
 * Minimum rows: one each for eight threads. Maximum rows: bounds the overhead of counting them. Neither was measured.
 */
const [fewest, most] = [8, 1 << 16]

/**
 * How far behind a region's first kernel others are looked for. It bounds planning time, and how much earlier a kernel may
 * run than in list order. Not measured.
 */
const reach = 160

/** The dependencies of every draft: it runs after its inputs are written and what it overwrites is read. */
const dependencies = (drafts: readonly Draft[]): readonly (readonly number[])[] => {
  const writer = new Map<number, number>()
  const readers = new Map<number, number[]>()
  return drafts.map((d, i) => {
    const [store, ...loads] = d.operands
    const before = new Set<number>()
    const follow = (j: number | undefined): void => {
      if (j !== undefined) before.add(j)
    }
    for (const l of loads) follow(writer.get(l.buffer))
    if (store !== undefined) {
      follow(writer.get(store.buffer))
      for (const r of readers.get(store.buffer) ?? []) follow(r)
      writer.set(store.buffer, i)
      readers.set(store.buffer, [])
    }
    for (const l of loads) {
      const known = readers.get(l.buffer)
      if (known === undefined) readers.set(l.buffer, [i])
      else known.push(i)
    }
    before.delete(i)
    return [...before]
  })
}

/**
 * Elements written per row that justify the overhead of a row: as many as a row of a stand-alone kernel (`rowSize`).
 */
const worthwhile = 2048

interface Group {
  readonly extent: number
  readonly row: number
  readonly members: readonly number[]
}

/** More kernels; of equally many, the finest rows that are still worthwhile. `b` has the finer rows. */
const better = (a: Group, b: Group): Group =>
  b.members.length > a.members.length || (b.members.length === a.members.length && b.row >= worthwhile) ? b : a

export const regionsOf = (drafts: readonly Draft[], buffers: readonly Buffer[]): readonly Region[] => {
  const before = dependencies(drafts)
  const done = new Set<number>()
  const sizeOf = (b: number): number => at(buffers, b).size

  /** Whether a kernel, which is no fill, reads nothing that another one writes. */
  const isOfInputs = (i: number): boolean => before[i]?.length === 0 && at(drafts, i).operands.length > 1

  /** All drafts that can join a first one, in order, when rows are divided by `extent`. */
  const gather = (first: number, extent: number): Group => {
    const members: number[] = []
    const written = new Set<number>()
    let row = 0
    for (let i = first; i < Math.min(drafts.length, first + reach); i++) {
      const d = drafts[i]
      const store = d?.operands[0]
      if (d === undefined || store === undefined || done.has(i)) continue
      if (before[i]?.some((j) => !done.has(j) && !members.includes(j))) continue
      const added = written.has(store.buffer) ? 0 : sizeOf(store.buffer) / extent
      if (i > first && row + added > rowBudget) break
      // what reads nothing but inputs is placed late to lie in memory for a short time (`order.ts`)
      if (i > first && isOfInputs(i) && sizeOf(store.buffer) >= large) continue
      const touched = [...written, store.buffer]
      const candidates = [...members.map((j) => at(drafts, j)), d]
      const checked = written.has(store.buffer) ? [d] : candidates
      const fits =
        Number.isInteger(sizeOf(store.buffer) / extent) &&
        kernelOf(d, extent) !== null &&
        touched.every((b) =>
          (b === store.buffer ? checked : [d]).every((x) => keepsToItsRow(x, extent, b, sizeOf(b) / extent)),
        )
      if (!fits) {
        if (i === first) return { extent, row: 0, members: [] }
        continue
      }
      members.push(i)
      written.add(store.buffer)
      row += added
    }
    return { extent, row, members }
  }

  const regions: Region[] = []
  drafts.forEach((d, first) => {
    if (done.has(first)) return
    const groups = extentsOf(d)
      .filter((e) => e >= fewest && e <= most)
      .map((e) => gather(first, e))
    const best = groups.reduce<Group>(better, { extent: 0, row: 0, members: [] })
    if (best.members.length < 2) {
      const kernel = kernelOf(d, null)
      if (kernel === null) throw new Error(`schedule: ${d.name} has no kernel`)
      regions.push({ name: d.name, extent: rows(kernel), kernels: [kernel] })
      done.add(first)
      return
    }
    const kernels = best.members.flatMap((i) => {
      const draft = drafts[i]
      const kernel = draft === undefined ? null : kernelOf(draft, best.extent)
      done.add(i)
      return kernel === null ? [] : [kernel]
    })
    regions.push({ name: `${kernels[0]?.name} .. ${kernels.at(-1)?.name}`, extent: best.extent, kernels })
  })
  return regions
}
