/**
 * Units that grow: kernels that share rows, with all numbers of rows that they can share. Few rows keep a product's tiles
 * whole, many keep a device busy: of the numbers that are left at the end, the smallest that is enough.
 */
import { flops, traffic } from '../../src/plan/cost.ts'
import type { Kernel } from '../../src/plan/kernel.ts'
import { at } from '../../src/tensor/axes.ts'
import { keepApart, type Window, windowsOf } from './access.ts'
import { rowCounts, rowed, rowShape } from './rows.ts'
import type { Part, Unit } from './units.ts'

/** One way to divide a unit: its kernels with so many rows, and what these touch. */
interface Division {
  readonly rows: number
  readonly parts: readonly Part[]
  readonly windows: readonly Window[]
}

export interface RowedUnit {
  /** As they came. */
  readonly parts: readonly Part[]
  readonly divisions: readonly Division[]
  readonly chosen: () => Unit
}

/** Rows that fill a device, rows beyond which nothing is gained, and the work of a row that is too much among fewer. */
const [enoughRows, mostRows, muchFlops, muchTraffic] = [128, 2 ** 12, 5e5, 2 ** 14]

/** Kernels of a unit: drivers take long to compile more. */
const mostKernels = 16

/** Below so many rows a tile of a product loads more than it multiplies. */
const fewRowsOfProduct = 16
const [largeProduct, fewColumns] = [4e6, 16]

const fits = (kernel: Kernel, rows: number): boolean => {
  if (rows < enoughRows && (flops(kernel) > muchFlops * rows || traffic(kernel) > muchTraffic * rows)) return false
  if (kernel.kind === 'nest' || flops(kernel) < largeProduct) return true
  const { m, n } = rowShape(kernel)
  return m >= fewRowsOfProduct && n >= fewColumns
}

const divisionOf = (part: Part, rows: number): readonly Division[] => {
  const kernel = rowed(part.kernel, rows)
  if (kernel === null || !fits(kernel, rows)) return []
  const windows = windowsOf(kernel)
  return keepApart(windows) ? [{ rows, parts: [{ ...part, kernel }], windows }] : []
}

const unitOf = (parts: readonly Part[], divisions: readonly Division[]): RowedUnit => ({
  parts,
  divisions,
  chosen: () => {
    const [first, ...others] = divisions.toSorted((a, b) => a.rows - b.rows)
    if (parts.length === 1 || first === undefined) return { rows: 1, parts }
    const all = [first, ...others]
    const { rows, parts: divided } = all.find((d) => d.rows >= enoughRows) ?? at(all, all.length - 1)
    return { rows, parts: divided }
  },
})

export const single = (part: Part): RowedUnit =>
  unitOf(
    [part],
    rowCounts(part.kernel, mostRows).flatMap((rows) => divisionOf(part, rows)),
  )

/** The unit with one kernel more behind the others; null if they share no number of rows. */
export const joined = (unit: RowedUnit, part: Part): RowedUnit | null => {
  if (unit.parts.length >= mostKernels) return null
  const divisions = unit.divisions.flatMap((division): readonly Division[] => {
    const [own] = divisionOf(part, division.rows)
    if (own === undefined) return []
    const windows = [...division.windows, ...own.windows]
    if (!keepApart(windows)) return []
    return [{ rows: division.rows, parts: [...division.parts, ...own.parts], windows }]
  })
  return divisions.length === 0 ? null : unitOf([...unit.parts, part], divisions)
}
