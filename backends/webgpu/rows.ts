/** Kernels divided into rows of their own results, whatever rows the plan gave them: the same kernel with other `outer` loops. */
import type { Contract, Kernel, Nest } from '../../src/plan/kernel.ts'
import { collapse, inMemoryOrder, type Loop, leading, loopsOf, partOf } from '../../src/plan/loop.ts'
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

/** Rows and columns of what one row of a product computes. */
export const rowShape = ({ axes, outer }: Contract): { readonly m: number; readonly n: number } => {
  const of = (role: string): number => size(axes.slice(outer).flatMap((x) => (x.role === role ? [x.size] : [])))
  return { m: of('m'), n: of('n') }
}
