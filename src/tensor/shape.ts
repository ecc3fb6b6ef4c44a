/** Shapes and the arithmetic on them: plain lists of axis sizes, row-major. Not tensors: no values, no nodes. */
import * as E from 'fp-ts/lib/Either.js'

export type Shape = readonly number[]

export const size = (s: Shape): number => s.reduce((p, n) => p * n, 1)

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i])

/** Row-major strides, in elements. */
export const strides = (s: Shape): readonly number[] => s.map((_, i) => size(s.slice(i + 1)))

export const text = (s: Shape): string => `[${s.join(', ')}]`

/** NumPy's rule: align at the right, sizes must agree or be 1. */
export const broadcastShapes = (a: Shape, b: Shape): E.Either<string, Shape> => {
  const rank = Math.max(a.length, b.length)
  const at = (s: Shape, i: number): number => s[i - rank + s.length] ?? 1
  const out = Array.from({ length: rank }, (_, i) => (at(a, i) === 1 ? at(b, i) : at(a, i)))
  const clash = out.findIndex((n, i) => (at(a, i) !== 1 && at(a, i) !== n) || (at(b, i) !== 1 && at(b, i) !== n))
  return clash < 0
    ? E.right(out)
    : E.left(`shapes ${text(a)} and ${text(b)} do not broadcast: axis ${clash} is ${at(a, clash)} and ${at(b, clash)}`)
}

/** The place of an axis that may be counted from the end, -1 the last. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** Axes counted from the end where negative, sorted and checked. */
export const normaliseAxes = (axes: readonly number[], rank: number): E.Either<string, readonly number[]> => {
  const out = axes.map((a) => fromFront(a, rank)).sort((a, b) => a - b)
  const wrong = axes.find((a) => !Number.isInteger(a) || a < -rank || a >= rank)
  if (wrong !== undefined) return E.left(`axis ${wrong} is outside a shape of ${rank} axes`)
  if (new Set(out).size !== out.length) return E.left(`axes ${text(axes)} name one axis twice`)
  return E.right(out)
}
