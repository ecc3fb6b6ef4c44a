/** Means and maxima over windows. */
import { mul } from './arithmetic.ts'
import { at, orderedAxes, range, sizeAt } from './axes.ts'
import { configured, orThrow, refuse } from './errors.ts'
import { literal } from './leaf.ts'
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

/** The windows of an average. */
export interface AvgPool extends Pool {
  /** Does padding count as zeros? Otherwise a mean is of the elements that are there; true unless given. */
  readonly countPadding?: boolean
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

/** How many of a window's elements are x's own, for the windows along an axis of n elements. */
const present = (n: number, windows: number, taps: number, stride: number, padding: number): readonly number[] =>
  range(windows).map((p) => {
    const start = p * stride - padding
    return Math.min(start + taps, n) - Math.max(start, 0)
  })

type Padded = Pool & Required<Pick<Pool, 'padding'>>

/** taps / present of every window, [1, h', w', 1] over axes [1, 2] of an image: what a mean that counts padding lacks. */
const shares = (x: Tensor, y: Tensor, { axes, size, stride = size, padding }: Padded): Tensor => {
  const places = orThrow('avgPool', [x], orderedAxes(axes, x.shape.length))
  return places.reduce(
    (share, axis, i) => {
      const [taps, windows] = [at(size, i), sizeAt(y.shape, axis)]
      const own = present(sizeAt(x.shape, axis), windows, taps, at(stride, i), at(padding, i))
      const shape = y.shape.map((n, j) => (j === axis ? n : 1))
      return mul(
        share,
        literal(
          Float64Array.from(own, (n) => taps / n),
          shape,
        ),
      )
    },
    literal(
      Float64Array.of(1),
      y.shape.map(() => 1),
    ),
  )
}

const averaged = pooled(mean, 0)

/**
 * Means of windows; [b, h, w, c] -> [b, h', w', c] over axes [1, 2]. Padding counts as zeros unless `countPadding` is false;
 * torch.nn.AvgPool2d, whose `count_include_pad` it is.
 */
export const avgPool = lawful(
  'avgPool',
  { interval: [-4, 4] },
  configured('avgPool', ({ countPadding = true, ...pool }: AvgPool) => (x: Tensor): Tensor => {
    const y = averaged(pool)(x)
    const { padding } = pool
    return countPadding || padding === undefined ? y : mul(y, shares(x, y, { ...pool, padding }))
  }),
  (f) => [...cases(f), ...cases((pool) => f({ ...pool, countPadding: false })).slice(1)],
)

/** Largest elements of windows, padding is never chosen; elements that tie in a window share its gradient equally. */
export const maxPool = lawful(
  'maxPool',
  { interval: [-4, 4], kinks: true },
  configured('maxPool', pooled(max, Number.NEGATIVE_INFINITY)),
  cases,
)
