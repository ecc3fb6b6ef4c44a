/** Boxes: elements start, start + step, ... of every axis of a shape, `size` of them. */
import * as E from 'fp-ts/lib/Either.js'
import { at, range } from './axes.ts'
import { type Shape, sameShape, text } from './shape.ts'
import type { Corner, Strided } from './tensor.ts'

/** Start, step and size along every axis: what a slice reads, and where a placement writes its input. */
export type Box = Corner & { readonly size: readonly number[] }

/** A box whose elements are contiguous. */
export const dense = (start: readonly number[], size: Shape): Box => ({ start, step: start.map(() => 1), size })

/** The view of a box of a view. */
export const boxView = (v: Strided, { start, step }: Corner, size: Shape): Strided => ({
  offset: start.reduce((o, from, i) => o + from * at(v.strides, i), v.offset),
  shape: size,
  strides: v.strides.map((s, i) => s * at(step, i)),
})

/** One sentence if a box is not inside a shape. */
export const fitting = (shape: Shape, { start, step, size }: Box): E.Either<string, Box> => {
  const rank = shape.length
  if ([start, step, size].some((list) => list.length !== rank))
    return E.left(
      `start ${text(start)}, step ${text(step)} and size ${text(size)} need ${rank} numbers each, one per axis of ${text(shape)}`,
    )
  if (![...start, ...step, ...size].every(Number.isSafeInteger))
    return E.left(`start ${text(start)}, step ${text(step)} and size ${text(size)} must be whole numbers`)
  const inside = shape.every((n, i) => {
    const [from, by, count] = [at(start, i), at(step, i), at(size, i)]
    return from >= 0 && by >= 1 && count >= 1 && from + (count - 1) * by < n
  })
  return inside
    ? E.right({ start, step, size })
    : E.left(`start ${text(start)}, step ${text(step)}, size ${text(size)} leave the shape ${text(shape)}`)
}

/** Whether the box covers the whole shape. */
export const isWhole = (shape: Shape, { start, step, size }: Box): boolean =>
  sameShape(size, shape) && start.every((n) => n === 0) && step.every((s, i) => s === 1 || shape[i] === 1)

/** Whether two boxes are disjoint. */
export const apart = (a: Box, b: Box): boolean =>
  a.start.some((_, axis) => {
    const [p, q] = [along(a, axis), along(b, axis)]
    return p.step >= q.step ? !meet(p, q) : !meet(q, p)
  })

/** What a box has of one axis: from, from + step, ..., last. */
interface Along {
  readonly from: number
  readonly step: number
  readonly last: number
}

const along = ({ start, step, size }: Box, axis: number): Along => {
  const [from, n] = [at(start, axis), at(size, axis)]
  const by = n === 1 ? 1 : at(step, axis)
  return { from, step: by, last: from + (n - 1) * by }
}

/** Is there an element in both? Remainders of p's elements by q's step repeat after at most so many of them. */
const meet = (p: Along, q: Along): boolean => {
  const skipped = Math.max(0, Math.ceil((q.from - p.from) / p.step))
  return range(q.step).some((i) => {
    const n = p.from + (skipped + i) * p.step
    return n <= p.last && n <= q.last && (n - q.from) % q.step === 0
  })
}
