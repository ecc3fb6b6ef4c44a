/** A unit as the body of a WGSL function: its kernels in order, with a barrier between them if there are several. */
import { flops } from '../../src/plan/cost.ts'
import type { Kernel } from '../../src/plan/kernel.ts'
import { nestOf } from '../../src/plan/nestOf.ts'
import { size } from '../../src/tensor/shape.ts'
import { nestCode } from './nest.ts'
import { block, lanes, type PlaceOf, type UnitCode } from './text.ts'
import { shapeOf, tileCode } from './tile.ts'
import type { Unit } from './units.ts'

/** Results and terms from which a tile pays; below, lanes share the terms of one result. */
const [fewFlops, fewResults, fewTerms] = [4e6, 512, 8]

const isTiled = (kernel: Kernel, rows: number | null, rowsAGroup: number): boolean => {
  if (kernel.kind !== 'contract' || flops(kernel) < fewFlops) return false
  if (rows === null) return true
  const { batch, m, n, k } = shapeOf(kernel, rows, rowsAGroup)
  return batch * m * n >= fewResults && k >= fewTerms
}

/** Workgroups that are enough for a device; with more rows than that, one takes several. */
const manyGroups = 512

const rowsAGroupOf = ({ rows, parts }: Unit): number => {
  const widest = parts.reduce((most, { kernel }) => {
    const nest = nestOf(kernel)
    return Math.max(most, size([...nest.outer, ...nest.kept]) / rows)
  }, 1)
  let n = 1
  while (n * widest < lanes && rows / (2 * n) >= manyGroups) n *= 2
  return n
}

export const unitCode = (unit: Unit, place: PlaceOf): UnitCode => {
  const alone = unit.parts.length === 1
  const rows = alone ? null : unit.rows
  const rowsAGroup = alone ? 1 : rowsAGroupOf(unit)
  const codes = unit.parts.map(({ kernel }): UnitCode => {
    if (kernel.kind === 'contract' && isTiled(kernel, rows, rowsAGroup))
      return { ...tileCode(kernel, place, rows, rowsAGroup), sums: false }
    return { ...nestCode(nestOf(kernel), place, rows, rowsAGroup), tile: 0 }
  })
  const bodies = codes.map((code) => code.body)
  return {
    groups: codes.reduce((most, code) => Math.max(most, code.groups), 0),
    tile: codes.reduce((most, code) => Math.max(most, code.tile), 0),
    sums: codes.some((code) => code.sums),
    body: alone
      ? bodies.flat()
      : bodies.flatMap((body, i) => [
          ...(i === 0 ? [] : ['storageBarrier();', 'workgroupBarrier();']),
          ...block('', body),
        ]),
  }
}
