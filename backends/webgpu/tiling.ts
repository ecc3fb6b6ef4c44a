/** The shape of a tile: which results of a product a workgroup computes at a time. It follows from the product's shape. */
import { lanes } from './text.ts'

/** Results of one lane along m, and along n. */
export const reach = 4

/**
 * A workgroup computes tiles of `items` batch items side by side, each of `high` times `wide` lanes; `deep` terms of each
 * row and column are in workgroup memory at a time.
 */
export interface Tiling {
  readonly items: number
  readonly high: number
  readonly wide: number
  readonly deep: number
  /** Tiles of all items along m and n, and groups of items. */
  readonly down: number
  readonly across: number
  readonly groups: number
}

export interface ProductShape {
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
}

/** Vectors of workgroup memory: 10 of the 16 KiB that every device has. */
const mostVectors = 640
const powers = [1, 2, 4, 8, 16, 32, 64]
const mostItems = 16

/** A lane's work for one term of a row and a column: multiply-adds, and what it loads, which is slower. */
const costOf = (high: number, wide: number): number => reach * reach + reach * 8 * (1 / high + 1 / wide)

export const tilingOf = ({ batch, m, n, k }: ProductShape): Tiling => {
  const all = powers.flatMap((high) =>
    powers.flatMap((wide): readonly Tiling[] => {
      const items = lanes / (high * wide)
      const deep = [16, 8, 4].find((d) => items * (high + wide) * d <= mostVectors && (d === 4 || d < 2 * k))
      if (items < 1 || items > mostItems || deep === undefined) return []
      const [down, across] = [Math.ceil(m / (reach * high)), Math.ceil(n / (reach * wide))]
      return [{ items, high, wide, deep, down, across, groups: Math.ceil(batch / items) }]
    }),
  )
  const total = (t: Tiling): number => t.groups * t.down * t.across * costOf(t.high, t.wide)
  const [first, ...others] = all
  if (first === undefined) throw new Error('webgpu: no tile fits workgroup memory')
  return others.reduce((best, t) => (total(t) < total(best) ? t : best), first)
}
