/** Parts of a placement in which nothing is placed: what must be cleared. */
import { size } from '../tensor/shape.ts'
import { type Box, boxView } from './homes.ts'
import type { Home } from './nest.ts'

interface Range {
  readonly start: readonly number[]
  readonly size: readonly number[]
}

/** What of a range lies outside a box, as ranges: below and above it along each axis in turn. */
const outside = (range: Range, box: Range): readonly Range[] => {
  const parts: Range[] = []
  let rest = range
  for (const [a, from] of range.start.entries()) {
    const to = from + (range.size[a] ?? 0)
    const [low, high] = [Math.max(from, box.start[a] ?? 0), Math.min(to, (box.start[a] ?? 0) + (box.size[a] ?? 0))]
    if (low >= high) return [range]
    const cut = (start: number, end: number): Range => ({
      start: rest.start.map((n, i) => (i === a ? start : n)),
      size: rest.size.map((n, i) => (i === a ? end - start : n)),
    })
    if (from < low) parts.push(cut(from, low))
    if (high < to) parts.push(cut(high, to))
    rest = cut(low, high)
  }
  return parts
}

/** Boxes with steps leave gaps between their elements: then the whole is one gap, to be cleared before it is filled. */
export const gapsOf = (shape: readonly number[], store: Home, boxes: readonly Box[]): readonly Home[] => {
  const whole: Range = { start: shape.map(() => 0), size: shape }
  const spread = boxes.some((b) => b.step.some((s, i) => s !== 1 && (b.source.shape[i] ?? 1) > 1))
  const gaps = spread
    ? [whole]
    : boxes.reduce<readonly Range[]>(
        (ranges, b) => ranges.flatMap((r) => outside(r, { start: b.start, size: b.source.shape })),
        [whole],
      )
  return gaps
    .filter((g) => size(g.size) > 0)
    .map((g) => ({
      buffer: store.buffer,
      view: boxView(
        store.view,
        g.start,
        shape.map(() => 1),
        g.size,
      ),
    }))
}
