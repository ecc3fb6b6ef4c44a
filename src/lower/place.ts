/**
 * Where realised nodes lie. A source of a placement is computed straight into its box, through the views between them,
 * so that a halo, a concatenation or a flat vector of gradients is not a copy; everything else lies row-major in a
 * buffer of its own.
 */

import { at, sizeAt } from '../tensor/axes.ts'
import { boxView, dense } from '../tensor/box.ts'
import { size } from '../tensor/shape.ts'
import type { Strided, Tensor } from '../tensor/tensor.ts'
import type { Home } from './nest.ts'
import { below, inverse, type LoweringOf, rowMajor } from './views.ts'

const usersOf = (order: readonly Tensor[]): ReadonlyMap<Tensor, readonly Tensor[]> => {
  const users = new Map<Tensor, Tensor[]>()
  for (const user of order)
    for (const x of user.inputs) {
      const known = users.get(x)
      if (known === undefined) users.set(x, [user])
      else known.push(user)
    }
  return users
}

/** The boxes of a placement that lies at `whole`. */
export const boxesOf = (node: Tensor, whole: Strided, lowering: LoweringOf) => {
  const l = lowering(node)
  if (l.kind !== 'place') return []
  return l.boxes.flatMap(({ start, step }, i) => {
    const source = node.inputs[i]
    return source === undefined ? [] : [{ source, start, step, view: boxView(whole, { start, step }, source.shape) }]
  })
}

/** One box of a placement: computed in place by its base's own kernel, or by a kernel that copies. */
export interface Placed {
  readonly source: Tensor
  /** What is stored: the source, or what it is a view of where that can be said in strides. */
  readonly base: Tensor
  readonly store: Home
  readonly inPlace: boolean
  readonly start: readonly number[]
  readonly step: readonly number[]
}

export interface Homes {
  readonly home: ReadonlyMap<Tensor, Home>
  readonly boxes: ReadonlyMap<Tensor, readonly Placed[]>
}

export const homesOf = (
  order: readonly Tensor[],
  realised: ReadonlySet<Tensor>,
  lowering: LoweringOf,
  fixed: ReadonlyMap<Tensor, Home>,
  allocate: (node: Tensor) => number,
): Homes => {
  const users = usersOf(order)
  const home = new Map(fixed)
  const boxes = new Map<Tensor, readonly Placed[]>()
  const isRealised = (x: Tensor): boolean => realised.has(x)
  /** Can everything that reads a node read it there? */
  const readable = (x: Tensor, there: Strided): boolean =>
    (users.get(x) ?? []).every((user) => {
      const l = lowering(user)
      const v = l.kind === 'view' ? l.view(there) : there
      const passes = !realised.has(user) && (l.kind === 'view' || l.kind === 'map')
      return v !== null && (!passes || readable(user, v))
    })
  /** Where the base of a source would lie if it were computed into a box; null where strides cannot say. */
  const baseIn = (source: Tensor, box: Strided): Strided | null =>
    inverse(box, below(source, isRealised, lowering).chain, lowering)
  /** Can what is placed into a node be written into it there as well as into a buffer of its own? */
  const writable = (x: Tensor, there: Strided): boolean => {
    const own = boxesOf(x, rowMajor(x.shape), lowering)
    return boxesOf(x, there, lowering).every(
      ({ source, view }, i) => baseIn(source, view) !== null || baseIn(source, own[i]?.view ?? view) === null,
    )
  }
  for (const node of order.toReversed()) {
    if (!realised.has(node)) continue
    const here = home.get(node) ?? { buffer: allocate(node), view: rowMajor(node.shape) }
    home.set(node, here)
    if (lowering(node).kind !== 'place') continue
    boxes.set(
      node,
      boxesOf(node, here.view, lowering).map(({ source, start, step, view }): Placed => {
        const inside = baseIn(source, view)
        if (inside === null)
          return { source, base: source, store: { buffer: here.buffer, view }, start, step, inPlace: false }
        const { base } = below(source, isRealised, lowering)
        const store = { buffer: here.buffer, view: inside }
        const inPlace = realised.has(base) && !home.has(base) && readable(base, inside) && writable(base, inside)
        if (inPlace) home.set(base, store)
        return { source, base, store, start, step, inPlace }
      }),
    )
  }
  return { home, boxes }
}

interface Range {
  readonly start: readonly number[]
  readonly size: readonly number[]
}

/** What of a range lies outside a box, as ranges: below and above it along each axis in turn. */
const outside = (range: Range, box: Range): readonly Range[] => {
  const parts: Range[] = []
  let rest = range
  for (const [a, from] of range.start.entries()) {
    const to = from + at(range.size, a)
    const [low, high] = [Math.max(from, at(box.start, a)), Math.min(to, at(box.start, a) + at(box.size, a))]
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
export const gapsOf = (shape: readonly number[], store: Home, boxes: readonly Placed[]): readonly Home[] => {
  const whole: Range = { start: shape.map(() => 0), size: shape }
  const spread = boxes.some((b) => b.step.some((s, i) => s !== 1 && sizeAt(b.source.shape, i) > 1))
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
      view: boxView(store.view, dense(g.start, g.size), g.size),
    }))
}
