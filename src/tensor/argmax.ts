/** Where the largest and the smallest element stand. */

import { arange } from './arange.ts'
import { add, eq, ne, where } from './arithmetic.ts'
import { lawful, type Row } from './primitive.ts'
import { max, min, type Reduction, reduction } from './reduction.ts'
import { reshape } from './reshape.ts'
import { size } from './shape.ts'
import type { Tensor } from './tensor.ts'

/** The first place of what `extreme` finds; a NaN is found before any number. */
const placeOf =
  (extreme: Reduction) =>
  (axes: readonly number[]) =>
  (x: Tensor): Tensor => {
    const along = x.shape.map((n, i) => (axes.includes(i) ? n : 1))
    const count = size(along)
    const places = reshape(along)(arange(count))
    const found = add(eq(x, extreme(axes, { keep: true })(x)), ne(x, x))
    return min(axes, { keep: true })(where(found, places, count))
  }

const domain: Row['domain'] = { interval: [-4, 4], kinks: true }
const cases = (f: Reduction): Row['cases'] => [
  { shapes: [[2, 3]], f: (x) => f(x) },
  { shapes: [[2, 5, 2]], f: (x) => f(1, { keep: true })(x) },
]

/**
 * The place of the largest element, counted from 0 along an axis; over several axes, or over all, counted row-major through
 * them. The first of equals, and the first NaN where there is one. A whole number in float storage, without a gradient.
 */
export const argmax = lawful('argmax', domain, reduction('argmax', placeOf(max)), cases)

/** The place of the smallest element, as `argmax` counts places. */
export const argmin = lawful('argmin', domain, reduction('argmin', placeOf(min)), cases)
