/** More elements around a tensor. */
import { at, range, sizeAt } from './axes.ts'
import { broadcast } from './broadcast.ts'
import { configured, refuse } from './errors.ts'
import { full } from './leaf.ts'
import { lawful } from './primitive.ts'
import { text } from './shape.ts'
import { concat, take } from './slice.ts'
import type { Tensor } from './tensor.ts'
import { flip } from './transpose.ts'

/** Elements before and after, one pair per axis. */
export type Widths = readonly (readonly [before: number, after: number])[]

/** What stands there: one number, 0 unless given; the nearest element; or the elements beside the edge, mirrored. */
export type Padding =
  | { readonly mode?: 'constant'; readonly value?: number }
  | { readonly mode: 'edge' }
  | { readonly mode: 'reflect' }

type Side = 'before' | 'after'

const border = (x: Tensor, axis: number, width: number, side: Side, padding: Padding): readonly Tensor[] => {
  const n = sizeAt(x.shape, axis)
  if (width === 0) return []
  const shape = x.shape.with(axis, width)
  if (padding.mode === 'edge')
    return [broadcast(shape)(side === 'before' ? take(axis, 0, 1)(x) : take(axis, n - 1, n)(x))]
  if (padding.mode !== 'reflect') return [full(padding.value === undefined ? 0 : padding.value, shape)]
  return [flip(axis)(side === 'before' ? take(axis, 1, width + 1)(x) : take(axis, n - 1 - width, n - 1)(x))]
}

const checked = (x: Tensor, widths: Widths, padding: Padding): void => {
  if (widths.length !== x.shape.length)
    refuse(`${widths.length} pairs of widths were given, expected one for each of ${x.shape.length} axes`)
  widths.forEach((pair, axis) => {
    if (!pair.every((n) => Number.isSafeInteger(n) && n >= 0))
      refuse(`widths ${text(pair)} of axis ${axis}, expected whole numbers of at least 0: take cuts elements off`)
    const n = sizeAt(x.shape, axis)
    if (padding.mode === 'reflect' && pair.some((width) => width >= n))
      refuse(`widths ${text(pair)} of axis ${axis}, expected less than its size ${n}: nothing is left to reflect`)
  })
}

/**
 * Elements before and after along every axis, as NumPy's `pad`: `pad([[0, 0], [1, 1]])(x)` sets zeros around the last axis,
 * `pad(widths, { mode: 'reflect' })(x)` mirrors without repeating the edge.
 */
export const pad = lawful(
  'pad',
  { interval: [-4, 4] },
  configured('pad', (widths: Widths, padding: Padding = {}) => (x: Tensor): Tensor => {
    checked(x, widths, padding)
    return range(x.shape.length).reduce((y, axis) => {
      const [before, after] = at(widths, axis)
      return concat(axis)([
        ...border(y, axis, before, 'before', padding),
        y,
        ...border(y, axis, after, 'after', padding),
      ])
    }, x)
  }),
  (f) =>
    (['constant', 'edge', 'reflect'] as const).map((mode) => ({
      shapes: [[2, 3]],
      f: (x) =>
        f(
          [
            [1, 0],
            [1, 2],
          ],
          { mode },
        )(x),
    })),
)
