/**
 * Regions -> units: what one workgroup after another computes without meeting the others. A region is cut for the cores
 * and caches of a processor, so a kernel that does much in each of few rows leaves its region and spreads over the whole
 * device; the kernels between stay together, a workgroup a row, with barriers between them.
 */
import { flops, traffic } from '../../src/plan/cost.ts'
import type { Kernel } from '../../src/plan/kernel.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { splitProduct } from './split.ts'

/** A kernel, and where it stands in the plan. */
export interface Part {
  readonly kernel: Kernel
  readonly region: number
  readonly index: number
}

/** Kernels in order over so many rows; one alone is spread over the device, whatever its rows are. */
export interface Unit {
  readonly rows: number
  readonly parts: readonly Part[]
}

/** Rows that fill a device, and the work of a row that is too much for one workgroup among fewer. */
const [manyRows, muchFlops, muchTraffic] = [128, 2e6, 2 ** 14]

const tooLarge = (k: Kernel, rows: number): boolean =>
  rows < manyRows && (flops(k) > muchFlops * rows || traffic(k) > muchTraffic * rows)

const cut = (parts: readonly Part[], rows: number): readonly Unit[] => {
  const units: Part[][] = []
  let open = false
  for (const part of parts) {
    const alone = tooLarge(part.kernel, rows)
    const last = units.at(-1)
    if (alone || !open || last === undefined) units.push([part])
    else last.push(part)
    open = !alone
  }
  return units.map((some) => ({ rows, parts: some }))
}

/** Units in the order of the plan, and the elements of the buffers that they need besides its own. */
export interface Units {
  readonly units: readonly Unit[]
  readonly scratch: readonly number[]
}

/** Large products of few results become two units, with a buffer between them that is numbered from `buffers` on. */
export const unitsOf = (regions: Plan['regions'], buffers: number): Units => {
  const scratch: number[] = []
  const units = regions.flatMap(({ kernels, extent }, region) =>
    cut(
      kernels.map((kernel, index) => ({ kernel, region, index })),
      extent,
    ).flatMap((unit): readonly Unit[] => {
      const [only, ...others] = unit.parts
      if (only === undefined || others.length > 0 || only.kernel.kind !== 'contract') return [unit]
      const parts = splitProduct(only.kernel, buffers + scratch.length)
      if (parts === null) return [unit]
      scratch.push(parts.elements)
      const of = (kernel: Kernel): Unit => ({ rows: 1, parts: [{ ...only, kernel }] })
      return [of(parts.product), of(parts.sum)]
    }),
  )
  return { units, scratch }
}
