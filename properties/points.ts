/** Points at which the laws of primitives are tested: values in a primitive's domain, away from kinks. */
import { key, permutation, uniform } from '../src/random/key.ts'
import type { Row } from '../src/tensor/primitive.ts'
import { size } from '../src/tensor/shape.ts'

export type PrimitiveCase = Row['cases'][number]

/** Numbers of the domain; where there are kinks no two are closer than 0.1, and none is closer than that to zero. */
export const numbers = (
  { domain: { interval, kinks } }: Row,
  { shapes }: PrimitiveCase,
  from: number,
): readonly Float64Array[] => {
  const [low, high] = interval
  const sizes = shapes.map(size)
  const n = sizes.reduce((a, b) => a + b, 0)
  const apart = (high - low) / n
  const all = kinks
    ? Float64Array.from(permutation(key(from), n), (k) => low + (k + 0.3) * apart)
    : uniform(key(from), n).map((u) => low + (high - low) * u)
  return sizes.map((count, i) => {
    const start = sizes.slice(0, i).reduce((a, b) => a + b, 0)
    return all.slice(start, start + count)
  })
}
