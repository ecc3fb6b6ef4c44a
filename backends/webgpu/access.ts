/** Which elements of which buffers a kernel touches, and so which kernels, and which rows of kernels, may exchange places. */
import type { Kernel, Nest } from '../../src/plan/kernel.ts'
import { collapse, rangeOf } from '../../src/plan/loop.ts'
import { nestOf } from '../../src/plan/nestOf.ts'
import { at } from '../../src/tensor/axes.ts'

/** Elements of a buffer, from the lowest to the highest. */
export interface Access {
  readonly buffer: number
  readonly low: number
  readonly high: number
  readonly writes: boolean
}

/** What is touched in the loops behind the first so many, where those begin: by the store, and by each load. */
const touched = ({ outer, kept, reduced, store, loads }: Nest, behind: number): readonly Access[] => {
  const sizes = [...outer, ...kept, ...reduced]
  return [store, ...loads].map(({ buffer, offset, strides }, operand) => {
    const loops = strides.map((step, i): readonly [number, number] => [at(sizes, i), step])
    const [low, high] = rangeOf(offset, loops.slice(behind))
    return { buffer, low, high, writes: operand === 0 }
  })
}

export const accessesOf = (kernel: Kernel): readonly Access[] => touched(nestOf(kernel), 0)

/** Whether one must stay behind the other: both touch an element, and one of them writes it. */
export const conflict = (a: Access, b: Access): boolean =>
  a.buffer === b.buffer && (a.writes || b.writes) && a.low <= b.high && b.low <= a.high

/** What the first row touches; each next row touches what lies `step` further. */
export interface Window extends Access {
  readonly step: number
}

/** The step from row to row: infinite if there is one row only, NaN if rows are not the same step apart. */
const stepOf = (outer: readonly number[], strides: readonly number[]): number => {
  const loops = outer.map((size, i) => ({ size, step: at(strides, i) }))
  const [row, ...more] = collapse(loops, (l) => [l.step])
  if (row === undefined) return Number.POSITIVE_INFINITY
  return more.length === 0 ? row.step : Number.NaN
}

export const windowsOf = (kernel: Kernel): readonly Window[] => {
  const nest = nestOf(kernel)
  const steps = [nest.store, ...nest.loads].map(({ strides }) => stepOf(nest.outer, strides))
  return touched(nest, nest.outer.length).map((access, operand) => ({ ...access, step: at(steps, operand) }))
}

/** Whether rows of kernels with these windows keep apart: of what is written each row has its own part. */
export const keepApart = (windows: readonly Window[]): boolean => {
  const written = new Set(windows.filter((w) => w.writes).map((w) => w.buffer))
  return [...written].every((buffer) => {
    const all = windows.filter((w) => w.buffer === buffer)
    const [low, high] = [Math.min(...all.map((w) => w.low)), Math.max(...all.map((w) => w.high))]
    return all.every((w) => w.step === all[0]?.step && high - low < w.step)
  })
}
