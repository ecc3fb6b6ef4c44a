/**
 * Where realised nodes lie. A source of a placement is computed straight into its box, through the views between them,
 * so that a halo, a concatenation or a flat vector of gradients is not a copy; everything else lies row-major in a
 * buffer of its own.
 */
import { size } from '../tensor/shape.ts'
import type { Lowering, Strided, Tensor } from '../tensor/tensor.ts'
import { below, rowMajor } from './fuse.ts'
import type { Home } from './nest.ts'

export interface Port {
  readonly name: string
  readonly node: Tensor
}

export const boxView = (
  whole: Strided,
  start: readonly number[],
  step: readonly number[],
  shape: readonly number[],
): Strided => ({
  offset: start.reduce((o, at, i) => o + at * (whole.strides[i] ?? 0), whole.offset),
  shape,
  strides: whole.strides.map((s, i) => s * (step[i] ?? 1)),
})

/** One box of a placement: computed in place by its base's own kernel, or by a kernel that copies. */
export interface Box {
  readonly source: Tensor
  readonly store: Home
  readonly inPlace: boolean
  readonly start: readonly number[]
  readonly step: readonly number[]
}

export interface Homes {
  readonly home: ReadonlyMap<Tensor, Home>
  readonly boxes: ReadonlyMap<Tensor, readonly Box[]>
}

/** Nodes of `apart` are read in ways that only a row-major buffer of their own allows. */
export const homesOf = (
  order: readonly Tensor[],
  realised: ReadonlySet<Tensor>,
  apart: ReadonlySet<Tensor>,
  lowering: (x: Tensor) => Lowering,
  fixed: ReadonlyMap<Tensor, Home>,
  allocate: (node: Tensor) => number,
): Homes => {
  const home = new Map(fixed)
  const boxes = new Map<Tensor, readonly Box[]>()
  for (const node of order.toReversed()) {
    if (!realised.has(node)) continue
    const here = home.get(node) ?? { buffer: allocate(node), view: rowMajor(node.shape) }
    home.set(node, here)
    const l = lowering(node)
    if (l.kind !== 'place') continue
    boxes.set(
      node,
      node.inputs.map((source, i) => {
        const { start = [], step = [] } = l.boxes[i] ?? {}
        const view = boxView(here.view, start, step, source.shape)
        const store = { buffer: here.buffer, view }
        const { base, chain } = below(source, (x) => realised.has(x), lowering)
        const free = realised.has(base) && !home.has(base) && !apart.has(base)
        const inside = free ? inverse(view, chain, lowering) : null
        if (inside === null) return { source, store, start, step, inPlace: false }
        home.set(base, { buffer: here.buffer, view: inside })
        return { source, store, start, step, inPlace: true }
      }),
    )
  }
  return { home, boxes }
}

const inverse = (view: Strided, chain: readonly Tensor[], lowering: (x: Tensor) => Lowering): Strided | null =>
  chain.toReversed().reduce<Strided | null>((v, node) => {
    const l = lowering(node)
    return v !== null && l.kind === 'view' && l.inverse !== null ? l.inverse(v) : null
  }, view)

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
