/** Products of all elements along axes. */
import { mul } from './arithmetic.ts'
import { sizeAt } from './axes.ts'
import { lawful } from './primitive.ts'
import { reduction } from './reduction.ts'
import { take } from './slice.ts'
import type { Tensor } from './tensor.ts'

/** One axis to size 1: its two halves are multiplied until one element is left. */
const along = (x: Tensor, axis: number): Tensor => {
  const n = sizeAt(x.shape, axis)
  if (n === 1) return x
  const half = Math.floor(n / 2)
  const halves = along(mul(take(axis, 0, half)(x), take(axis, half, 2 * half)(x)), axis)
  return n % 2 === 0 ? halves : mul(halves, take(axis, n - 1, n)(x))
}

/**
 * The product of all elements, or along axes. A balanced tree of products, not a power of a logarithm: zeros and negative
 * numbers have their right gradients of every order.
 */
export const prod = lawful(
  'prod',
  { interval: [-2, 2] },
  reduction('prod', (axes) => (x) => axes.reduce(along, x)),
  (f) => [
    { shapes: [[2, 3]], f: (x) => f(x) },
    { shapes: [[2, 5, 2]], f: (x) => f(1, { keep: true })(x) },
  ],
)
