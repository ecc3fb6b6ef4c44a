/** 0, 1, 2, ... as a tensor. */
import { range } from './axes.ts'
import { operation, refuse } from './errors.ts'
import { literal, mostPlaces } from './leaf.ts'
import type { Tensor } from './tensor.ts'

/** [0, 1, ..., n - 1], exact on every backend: n is at most 2^24. */
export const arange = operation('arange', (n: number): Tensor => {
  if (!(Number.isInteger(n) && n >= 1)) return refuse(`${n} places, expected a whole number of at least 1`)
  return n <= mostPlaces
    ? literal(Float64Array.from(range(n)), [n])
    : refuse(`${n} places are more than the ${mostPlaces} that float32 counts exactly`)
})
