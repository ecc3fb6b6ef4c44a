/** Where a function's values are numbers: NaN and infinite ones counted, and an interval without them looked for. */
import type { Numbers } from '../plan/backend.ts'

export type Interval = readonly [low: number, high: number]

/** Of the values of a function at one point. */
export interface Odd {
  readonly nans: number
  readonly infinities: number
  readonly total: number
}

export const oddOf = (values: Numbers): Odd => {
  const [numbers, finite] = [
    values.filter((x: number) => !Number.isNaN(x)).length,
    values.filter(Number.isFinite).length,
  ]
  return { nans: values.length - numbers, infinities: numbers - finite, total: values.length }
}

/** Positive numbers and numbers around 0 first: domains of roots, logarithms and inverse functions. */
const candidates: readonly Interval[] = [
  [0.1, 1],
  [-0.9, 0.9],
  [-0.1, 0.1],
  [1.1, 3],
  [-1, -0.1],
]

/** The first of a few intervals in which drawn values are all finite; null if there is none. */
export const finiteWithin = async (values: (interval: Interval) => Promise<Numbers>): Promise<Interval | null> => {
  for (const interval of candidates) if ((await values(interval)).every(Number.isFinite)) return interval
  return null
}
