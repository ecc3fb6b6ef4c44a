/** Tensors put together along a new axis and taken apart along one, axes of size 1, and whole copies. */
import { type Axes, at, axesOf, axisOf, range, sizeAt } from './axes.ts'
import { broadcast } from './broadcast.ts'
import { configured, orThrow, refuse } from './errors.ts'
import { lawful } from './primitive.ts'
import { reshape } from './reshape.ts'
import { sameShape, text } from './shape.ts'
import { concat, take } from './slice.ts'
import type { Tensor } from './tensor.ts'

const domain = { interval: [-4, 4] } as const

/** New axes of size 1, which have these places in the result: `expandDims(0)(x)` of x [n] is [1, n]. */
export const expandDims = lawful(
  'expandDims',
  domain,
  configured('expandDims', (axes: Axes) => (x: Tensor): Tensor => {
    const rank = x.shape.length + (typeof axes === 'number' ? 1 : axes.length)
    const places = orThrow('expandDims', [x], axesOf(axes, rank))
    return reshape(places.reduce((shape, a) => shape.toSpliced(a, 0, 1), [...x.shape]))(x)
  }),
  (f) => [{ shapes: [[2, 3]], f: (x) => f([0, -1])(x) }],
)

/** Drops axes, which must have size 1; all that have where none is named, `squeeze()(x)`. */
export const squeeze = lawful(
  'squeeze',
  domain,
  configured('squeeze', (axes?: Axes) => (x: Tensor): Tensor => {
    if (axes === undefined) return reshape(x.shape.filter((n) => n !== 1))(x)
    const places = orThrow('squeeze', [x], axesOf(axes, x.shape.length))
    const long = places.find((a) => x.shape[a] !== 1)
    if (long !== undefined) return refuse(`axis ${long} has size ${sizeAt(x.shape, long)}, expected 1`)
    return reshape(x.shape.filter((_, i) => !places.includes(i)))(x)
  }),
  (f) => [{ shapes: [[1, 3, 1]], f: (x) => f(-1)(x) }],
)

/** Tensors of one shape side by side along a new axis, which has this place in the result. */
export const stack = lawful(
  'stack',
  domain,
  configured('stack', (axis: number) => (xs: readonly Tensor[]): Tensor => {
    const [head] = xs
    if (head === undefined) return refuse('at least one tensor is needed')
    const other = xs.find((x) => !sameShape(x.shape, head.shape))
    if (other !== undefined) return refuse(`shapes differ: ${text(head.shape)} and ${text(other.shape)}`)
    return concat(axis)(xs.map((x) => expandDims(axis)(x)))
  }),
  (f) => [
    {
      shapes: [
        [2, 3],
        [2, 3],
      ],
      f: (...xs) => f(1)(xs),
    },
  ],
)

/**
 * Parts of an axis, one after another: a number of equal parts, or the size of each, which add up to the axis. The inverse
 * of `concat`.
 */
export const split = lawful(
  'split',
  domain,
  configured('split', (axis: number, parts: number | readonly number[]) => (x: Tensor): readonly Tensor[] => {
    const a = orThrow('split', [x], axisOf(axis, x.shape.length))
    const n = sizeAt(x.shape, a)
    if (typeof parts === 'number' && !(Number.isInteger(parts) && parts >= 1 && n % parts === 0))
      return refuse(`axis ${axis} of size ${n} has no ${parts} equal parts`)
    const sizes = typeof parts === 'number' ? range(parts).map(() => n / parts) : parts
    const total = sizes.reduce((sum, part) => sum + part, 0)
    if (total !== n || !sizes.every((part) => Number.isInteger(part) && part >= 1))
      return refuse(
        `parts ${text(sizes)}, expected whole numbers of at least 1 that add up to ${n}, the size of axis ${axis}`,
      )
    const ends = sizes.reduce<readonly number[]>((all, part) => [...all, at(all, all.length - 1) + part], [0])
    return sizes.map((_, i) => take(a, at(ends, i), at(ends, i + 1))(x))
  }),
  (f) => [{ shapes: [[2, 5]], f: (x) => at(f(1, [2, 3])(x), 1) }],
)

const checkedCount = (count: number): number =>
  Number.isSafeInteger(count) && count >= 1 ? count : refuse(`${count} times, expected a whole number of at least 1`)

/** Every element so many times in a row along an axis: [a, b] -> [a, a, b, b]. */
export const repeat = lawful(
  'repeat',
  domain,
  configured('repeat', (axis: number, count: number) => (x: Tensor): Tensor => {
    const a = orThrow('repeat', [x], axisOf(axis, x.shape.length))
    const times = checkedCount(count)
    const wide = x.shape.toSpliced(a + 1, 0, times)
    return reshape(x.shape.with(a, sizeAt(x.shape, a) * times))(broadcast(wide)(expandDims(a + 1)(x)))
  }),
  (f) => [{ shapes: [[2, 3]], f: (x) => f(1, 2)(x) }],
)

/** The whole so many times in a row along an axis: [a, b] -> [a, b, a, b]. */
export const tile = lawful(
  'tile',
  domain,
  configured('tile', (axis: number, count: number) => (x: Tensor): Tensor => {
    const a = orThrow('tile', [x], axisOf(axis, x.shape.length))
    const times = checkedCount(count)
    const wide = x.shape.toSpliced(a, 0, times)
    return reshape(x.shape.with(a, sizeAt(x.shape, a) * times))(broadcast(wide)(expandDims(a)(x)))
  }),
  (f) => [{ shapes: [[2, 3]], f: (x) => f(0, 2)(x) }],
)
