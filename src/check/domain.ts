/** Where a primitive is tried: numbers that follow from a seed. */
import { zip } from 'fp-ts/lib/ReadonlyArray.js'
import { bits, key, permutation, uniform } from '../random/key.ts'
import type { Row } from '../tensor/primitive.ts'
import { size } from '../tensor/shape.ts'
import type { Point } from './point.ts'

export type RowCase = Row['cases'][number]

/** Numbers of the domain for every input; where there are kinks no two are alike, and none is close to 0. */
export const pointsOf = (
  { domain: { interval, kinks } }: Pick<Row, 'domain'>,
  { shapes }: Pick<RowCase, 'shapes'>,
  seed: number,
): readonly (Point & { readonly values: Float64Array })[] => {
  const [low, high] = interval
  const sizes = shapes.map(size)
  const n = sizes.reduce((a, b) => a + b, 0)
  const apart = (high - low) / n
  const all = kinks
    ? Float64Array.from(permutation(key(seed), n), (k) => low + (k + 0.3) * apart)
    : uniform(key(seed), n).map((u) => low + (high - low) * u)
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0))
  return zip(shapes, starts).map(([shape, start]) => ({ shape, values: all.slice(start, start + size(shape)) }))
}

/** Finite float32 numbers, every power of two as often as any other. */
export const ofAllSizes = (seed: number, n: number): Float64Array =>
  Float64Array.from(new Float32Array(bits(key(seed), n).buffer, 0, n), (x) => (Number.isFinite(x) ? x : 0))
