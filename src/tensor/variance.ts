/** How far elements lie from their mean. */
import { mul, square, sub } from './arithmetic.ts'
import { sizeAt } from './axes.ts'
import { sumKept } from './broadcast.ts'
import { refuse } from './errors.ts'
import { lawful } from './primitive.ts'
import { meanKept, reduction } from './reduction.ts'
import { size } from './shape.ts'
import type { Tensor } from './tensor.ts'

interface Correction {
  /** The sum of squares is divided by the number of elements less this: 0, the biased variance, unless given; 1 estimates. */
  readonly correction?: number
}

/** The mean of (x - mean)^2 over all elements or along axes; NumPy's `var`. */
export const variance = lawful(
  'variance',
  { interval: [-4, 4] },
  reduction<Correction>('variance', (axes, { correction = 0 } = {}) => (x: Tensor): Tensor => {
    const count = size(axes.map((a) => sizeAt(x.shape, a)))
    if (!(count - correction > 0)) return refuse(`correction ${correction} leaves nothing of ${count} elements`)
    return mul(sumKept(axes)(square(sub(x, meanKept(axes)(x)))), 1 / (count - correction))
  }),
  (f) => [
    { shapes: [[2, 3]], f: (x) => f(x) },
    { shapes: [[2, 5, 2]], f: (x) => f([0, 1], { keep: true, correction: 1 })(x) },
  ],
)
