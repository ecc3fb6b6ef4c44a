/** A unit as the body of a WGSL function: its kernels in order, with a barrier between them if there are several. */
import { flops } from '../../src/plan/cost.ts'
import type { Contract } from '../../src/plan/kernel.ts'
import { nestOf } from '../../src/plan/nestOf.ts'
import { size } from '../../src/tensor/shape.ts'
import { nestCode } from './nest.ts'
import { shapeOf } from './productLoops.ts'
import { block, lanes, type PlaceOf, type UnitCode } from './text.ts'
import { tileCode } from './tile.ts'
import type { RowGroups, Unit } from './units.ts'

/** Results and terms from which a tile pays; below, lanes share the terms of one result. */
const [fewFlops, fewResults, fewTerms] = [4e6, 512, 8]

const isTiled = (contract: Contract, groups: RowGroups | null): boolean => {
  if (flops(contract) < fewFlops) return false
  if (groups === null) return true
  const { batch, m, n, k } = shapeOf(contract, groups)
  return batch * m * n >= fewResults && k >= fewTerms
}

/** Workgroups that are enough for a device; with more rows than that, one takes several. */
const manyGroups = 512

/** Null of a kernel that stands alone. */
const rowGroupsOf = ({ rows, parts }: Unit): RowGroups | null => {
  if (parts.length === 1) return null
  const widest = parts.reduce((most, { kernel }) => {
    const { outer, kept } = nestOf(kernel)
    return Math.max(most, size([...outer, ...kept]) / rows)
  }, 1)
  let each = 1
  while (each * widest < lanes && rows / (2 * each) >= manyGroups) each *= 2
  return { rows, each }
}

export const unitCode = (unit: Unit, place: PlaceOf): UnitCode => {
  const groups = rowGroupsOf(unit)
  const codes = unit.parts.map(({ kernel }): UnitCode => {
    if (kernel.kind === 'contract' && isTiled(kernel, groups))
      return { ...tileCode(kernel, place, groups), sums: false }
    return { ...nestCode(nestOf(kernel), place, groups), tile: 0 }
  })
  const bodies = codes.map((code) => code.body)
  return {
    groups: Math.max(...codes.map((code) => code.groups)),
    tile: Math.max(...codes.map((code) => code.tile)),
    sums: codes.some((code) => code.sums),
    body:
      groups === null
        ? bodies.flat()
        : bodies.flatMap((body, i) => [
            ...(i === 0 ? [] : ['storageBarrier();', 'workgroupBarrier();']),
            ...block('', body),
          ]),
  }
}
