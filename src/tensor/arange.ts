/** 0, 1, 2, ... as a tensor. */
import { range } from './axes.ts'
import { refuse } from './errors.ts'
import { literal, mostPlaces } from './leaf.ts'
import type { Tensor } from './tensor.ts'

/** [0, 1, ..., n - 1], exact on every backend: n is at most 2^24. */
export const arange = (n: number): Tensor =>
  n <= mostPlaces
    ? literal(Float64Array.from(range(n)), [n])
    : refuse(`${n} places are more than the ${mostPlaces} that float32 counts exactly`)
