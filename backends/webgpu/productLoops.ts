/** The loops of a product by what they move, and the addresses that they add up to: separable, one sum for each of m, n and k. */
import type { Axis, Contract } from '../../src/plan/kernel.ts'
import { collapse } from '../../src/plan/loop.ts'
import { at } from '../../src/tensor/axes.ts'
import { size } from '../../src/tensor/shape.ts'
import { digitsOf, sumOf } from './indexing.ts'
import type { ProductShape } from './tiling.ts'
import type { RowGroups } from './units.ts'

export type ProductLoop = Pick<Axis, 'size' | 'a' | 'b' | 'c'>

export interface ProductLoops {
  /** Rows of the unit, outermost, and batch items. */
  readonly items: readonly ProductLoop[]
  readonly m: readonly ProductLoop[]
  readonly n: readonly ProductLoop[]
  readonly k: readonly ProductLoop[]
}

const sizesOf = (loops: readonly ProductLoop[]): readonly number[] => loops.map((l) => l.size)

export const countOf = (loops: readonly ProductLoop[]): number => size(sizesOf(loops))

/** Whether rows keep their numbers: not if a product stands alone. */
export const loopsOfContract = ({ axes, outer }: Contract, alone: boolean): ProductLoops => {
  const rows = alone ? [] : axes.slice(0, outer)
  const of = (role: Axis['role']): readonly ProductLoop[] =>
    collapse(
      axes.slice(rows.length).filter((x) => x.role === role),
      (l) => [l.a, l.b, l.c],
    )
  return { items: [...rows, ...of('batch')], m: of('m'), n: of('n'), k: of('k') }
}

/** The shape of the product that one workgroup sees; `groups` is null if it stands alone. */
export const shapeOf = (contract: Contract, groups: RowGroups | null): ProductShape => {
  const { items, m, n, k } = loopsOfContract(contract, groups === null)
  const all = countOf(items)
  const batch = groups === null ? all : (all / groups.rows) * groups.each
  return { batch, m: countOf(m), n: countOf(n), k: countOf(k) }
}

/** The address that an index under loops adds in one operand. */
export const addressOf = (index: string, loops: readonly ProductLoop[], which: 'a' | 'b' | 'c', prefix: string) => {
  const { lines, names } = digitsOf(index, sizesOf(loops), prefix)
  const terms = loops.map((l, i): readonly [string, number] => [at(names, i), l[which]])
  return { lines, address: sumOf(0, terms) }
}
