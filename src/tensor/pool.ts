/** Means and maxima over windows. */
import { at, orderedAxes, range } from './axes.ts'
import { configured, orThrow, refuse } from './errors.ts'
import { pad } from './pad.ts'
import { lawful, type Row } from './primitive.ts'
import { max, mean, type Reduction } from './reduction.ts'
import { text } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { windows } from './windows.ts'

/** The windows of a pooling layer. */
export interface Pool {
  /** The axes that the windows lie over, [1, 2] of images [b, h, w, c]. */
  readonly axes: readonly number[]
  /** Elements of a window along each of them. */
  readonly size: readonly number[]
  /** From one window to the next along each; the size unless given. */
  readonly stride?: readonly number[]
  /** Elements added at both ends of each, at most half a window; 0 unless given. */
  readonly padding?: readonly number[]
}

/** Windows of x, their own elements along new axes at the end, reduced; `beyond` stands around x. */
const pooled =
  (reduce: Reduction, beyond: number) =>
  ({ axes, size, stride = size, padding = axes.map(() => 0) }: Pool) =>
  (x: Tensor): Tensor => {
    const rank = x.shape.length
    const places = orThrow('pool', [x], orderedAxes(axes, rank))
    const counted = size.length === axes.length && padding.length === axes.length
    if (!counted || !padding.every((n, i) => Number.isSafeInteger(n) && n >= 0 && 2 * n <= at(size, i)))
      return refuse(
        `padding ${text(padding)}, expected one whole number for each axis, at most half the size ${text(size)}`,
      )
    const widths = range(rank).map((axis): readonly [number, number] => {
      const i = places.indexOf(axis)
      return i < 0 ? [0, 0] : [at(padding, i), at(padding, i)]
    })
    const around = pad(widths, { value: beyond })(x)
    const dilation = axes.map(() => 1)
    return reduce(range(axes.length, rank))(windows({ axes: places, size, stride, dilation })(around))
  }

const images: Pool = { axes: [1, 2], size: [2, 2] }
const overlapping: Pool = { axes: [1], size: [3], stride: [2], padding: [1] }

const cases = (f: (pool: Pool) => (x: Tensor) => Tensor): Row['cases'] => [
  { shapes: [[2, 4, 4, 1]], f: (x) => f(images)(x) },
  { shapes: [[2, 5, 2]], f: (x) => f(overlapping)(x) },
]

/** Means of windows, whose padding counts as zeros; [b, h, w, c] -> [b, h', w', c] over axes [1, 2]. */
export const avgPool = lawful('avgPool', { interval: [-4, 4] }, configured('avgPool', pooled(mean, 0)), cases)

/** Largest elements of windows, padding is never chosen; elements that tie in a window share its gradient equally. */
export const maxPool = lawful(
  'maxPool',
  { interval: [-4, 4], kinks: true },
  configured('maxPool', pooled(max, Number.NEGATIVE_INFINITY)),
  cases,
)
