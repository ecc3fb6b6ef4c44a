/**
 * Kernels divided into rows of their own results, whatever rows the plan gave them: the same kernel with other `outer` loops.
 * Several kernels share rows if no row reads what another row of them writes.
 */
import type { Contract, Kernel, Nest } from '../../src/plan/kernel.ts'
import { collapse, inMemoryOrder, type Loop, leading, loopsOf, partOf, rangeOf } from '../../src/plan/loop.ts'
import { nestOf } from '../../src/plan/nestOf.ts'
import { at } from '../../src/tensor/axes.ts'
import { size } from '../../src/tensor/shape.ts'

const nestLoops = (nest: Nest): readonly Loop[] =>
  collapse(
    inMemoryOrder(
      loopsOf(
        [...nest.outer, ...nest.kept],
        [nest.store, ...nest.loads].map((o) => o.strides),
      ),
    ),
    (l) => l.steps,
  )

const rowedNest = (nest: Nest, rows: number): Nest | null => {
  const found = leading(nestLoops(nest), rows, partOf)
  if (found === null) return null
  const stored = [...found.outer, ...found.inner]
  const before = nest.outer.length + nest.kept.length
  return {
    ...nest,
    outer: found.outer.map((l) => l.size),
    kept: found.inner.map((l) => l.size),
    store: { ...nest.store, strides: stored.map((l) => at(l.steps, 0)) },
    loads: nest.loads.map((o, i) => ({
      ...o,
      strides: [...stored.map((l) => at(l.steps, i + 1)), ...o.strides.slice(before)],
    })),
  }
}

/** Axes of the result, outermost in memory first, before its first column, and from there on. */
const storedAxes = ({ axes }: Contract) => {
  const stored = axes.filter((x) => x.role !== 'k' && x.size > 1).toSorted((x, y) => Math.abs(y.c) - Math.abs(x.c))
  const column = stored.findIndex((x) => x.role === 'n')
  const first = column < 0 ? stored.length : column
  return { before: stored.slice(0, first), others: stored.slice(first) }
}

const rowedContract = (contract: Contract, rows: number): Contract | null => {
  const { before, others } = storedAxes(contract)
  const found = leading(before, rows, (x, n, times) => ({
    ...x,
    size: n,
    a: x.a * times,
    b: x.b * times,
    c: x.c * times,
  }))
  if (found === null) return null
  const terms = contract.axes.filter((x) => x.role === 'k')
  return { ...contract, outer: found.outer.length, axes: [...found.outer, ...found.inner, ...others, ...terms] }
}

/** The kernel with so many rows, outermost in its result; null if its loops do not divide there. */
export const rowed = (kernel: Kernel, rows: number): Kernel | null =>
  kernel.kind === 'nest' ? rowedNest(kernel, rows) : rowedContract(kernel, rows)

const divisors = (n: number): readonly number[] => {
  const found: number[] = []
  for (let d = 1; d * d <= n; d++) if (n % d === 0) found.push(d, n / d)
  return found
}

/** Numbers of rows that a kernel can have, at most so many. */
export const rowCounts = (kernel: Kernel, most: number): readonly number[] => {
  const loops = kernel.kind === 'nest' ? nestLoops(kernel) : storedAxes(kernel).before
  const counts = new Set([1])
  let before = 1
  for (const { size: n } of loops) {
    for (const d of divisors(n)) if (before * d <= most) counts.add(before * d)
    before *= n
    if (before > most) break
  }
  return [...counts]
}

/** What a row touches of a buffer: elements from low to high, `step` further for each next row. */
export interface Window {
  readonly buffer: number
  readonly step: number
  readonly low: number
  readonly high: number
  readonly writes: boolean
}

/** Steps of rows that are none in memory are NaN; of a single row they are infinite. */
export const windowsOf = (kernel: Kernel): readonly Window[] => {
  const nest = nestOf(kernel)
  const rows = nest.outer.length
  const stored = [...nest.outer, ...nest.kept]
  const windowOf = (o: Nest['store'], sizes: readonly number[], writes: boolean): Window => {
    const outer = nest.outer.map((n, i) => ({ size: n, steps: [at(o.strides, i)] }))
    const [row, ...more] = collapse(outer, (l) => l.steps)
    const [low, high] = rangeOf(
      o.offset,
      sizes.slice(rows).map((n, i) => [n, at(o.strides, rows + i)]),
    )
    const step = row === undefined ? Number.POSITIVE_INFINITY : more.length > 0 ? Number.NaN : at(row.steps, 0)
    return { buffer: o.buffer, step, low, high, writes }
  }
  return [
    windowOf(nest.store, stored, true),
    ...nest.loads.map((load) => windowOf(load, [...stored, ...nest.reduced], false)),
  ]
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

/** Rows and columns of what one row of a product computes. */
export const rowShape = ({ axes, outer }: Contract): { readonly m: number; readonly n: number } => {
  const of = (role: string): number => size(axes.slice(outer).flatMap((x) => (x.role === role ? [x.size] : [])))
  return { m: of('m'), n: of('n') }
}
