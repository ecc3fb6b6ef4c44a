/** What one workgroup after another computes without meeting the others, and the kernels that units are made of. */
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

/** How a unit of several kernels is divided: its rows, and how many of them a workgroup computes. */
export interface RowGroups {
  readonly rows: number
  readonly each: number
}

/** Kernels in the order of the plan, and the elements of the buffers that they need besides its own. */
export interface Parts {
  readonly parts: readonly Part[]
  readonly scratch: readonly number[]
}

/** Large products of few results become two kernels, with a buffer between them that is numbered from `buffers` on. */
export const partsOf = (regions: Plan['regions'], buffers: number): Parts => {
  const scratch: number[] = []
  const parts = regions.flatMap(({ kernels }, region) =>
    kernels.flatMap((kernel, index): readonly Part[] => {
      const made = kernel.kind === 'contract' ? splitProduct(kernel, buffers + scratch.length) : null
      if (made === null) return [{ kernel, region, index }]
      scratch.push(made.elements)
      return [made.product, made.sum].map((part) => ({ kernel: part, region, index }))
    }),
  )
  return { parts, scratch }
}
