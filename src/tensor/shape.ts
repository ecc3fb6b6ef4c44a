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
  const [long, short] = a.length >= b.length ? [a, b] : [b, a]
  const lead = long.length - short.length
  const pairs = long.map((n, i) => [n, i < lead ? 1 : short[i - lead]] as const)
  const clash = pairs.findIndex(([n, m]) => n !== m && n !== 1 && m !== 1)
  return clash < 0
    ? E.right(pairs.map(([n, m]) => (n === 1 && m !== undefined ? m : n)))
    : E.left(
        `they do not broadcast: axis ${clash - long.length} is ${a.at(clash - long.length)} and ${b.at(clash - long.length)}`,
      )
}
