/**
 * Newton-Schulz iterations as Muon has them (Jordan 2024): X <- a X + (b A + c A A) X with A = X X^T, five times from
 * X / (|X| + 1e-7), brings the singular values of X near 1 and leaves its singular vectors.
 *
 * An iteration is X <- P X with P = a I + b A + c A A, which commutes with A; so the next A is P A P, and several iterations
 * are one product with X: X <- (P3 P2 P1) X. Sides being r <= c, three iterations in this form take 9 r^3 + 2 r^2 c
 * multiplications, and one by one 3 r^3 + 6 r^2 c. A is taken from X again after three of them: rounding errors of A grow
 * with every iteration by about a^2, so that after three they are still those of X itself in float32, after five a hundred
 * times as large. For r > c everything holds from the other side: A = X^T X, X <- X P.
 *
 * A's of one size are one batch, whatever the longer sides of their X's.
 */
import { at, sizeAt } from '../tensor/axes.ts'
import { refuse } from '../tensor/errors.ts'
import {
  add,
  concat,
  div,
  literal,
  matmul,
  mul,
  reshape,
  slice,
  sqrt,
  sum,
  type Tensor,
  take,
  transpose,
} from '../tensor/ops.ts'
import { size } from '../tensor/shape.ts'

/** The coefficients of P. */
const [a, b, c] = [3.4445, -4.775, 2.0315]

/** Added to the norm, so that zeros stay zeros. */
const tiny = 1e-7

/** Matrices [..., rows, columns], and what they are multiplied by in the end. */
export interface Matrices {
  readonly x: Tensor
  readonly times: number
}

interface Sides {
  readonly k: number
  readonly short: number
  readonly long: number
  readonly wide: boolean
}

const sidesOf = ({ shape }: Tensor): Sides => {
  if (shape.length < 2) return refuse('expected matrices [..., rows, columns]')
  const [rows, columns] = [sizeAt(shape, shape.length - 2), sizeAt(shape, shape.length - 1)]
  return {
    k: size(shape.slice(0, -2)),
    short: Math.min(rows, columns),
    long: Math.max(rows, columns),
    wide: rows <= columns,
  }
}

const swapped = (x: Tensor): Tensor => {
  const axes = x.shape.map((_, i) => i)
  return transpose([...axes.slice(0, -2), ...axes.slice(-2).toReversed()])(x)
}

/** X X^T or X^T X, whichever is smaller: [k, short, short]. */
const gram = (x: Tensor): Tensor => {
  const { k, short, wide } = sidesOf(x)
  return reshape([k, short, short])(wide ? matmul(x, swapped(x)) : matmul(swapped(x), x))
}

/** Q X or X Q, for Q [k, short, short] that is a polynomial of the smaller of X X^T and X^T X. */
const applied = (q: Tensor, x: Tensor): Tensor => {
  const own = reshape([...x.shape.slice(0, -2), ...q.shape.slice(1)])(q)
  return sidesOf(x).wide ? matmul(own, x) : matmul(x, own)
}

/** A number on the diagonal, [n, n]. */
const diagonal = (value: number, n: number): Tensor =>
  literal(
    Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? value : 0)),
    [n, n],
  )

/** The sums of the diagonals of [k, n, n], [k, 1, 1]: of X X^T, the sum of the squares of X. */
const trace = (x: Tensor): Tensor => {
  const [k, n] = [sizeAt(x.shape, 0), sizeAt(x.shape, 1)]
  const elements = slice({ start: [0, 0], step: [1, n + 1], size: [k, n] })(reshape([k, n * n])(x))
  return reshape([k, 1, 1])(sum([1])(elements))
}

/** P_n ... P_1 times a scale [k, 1, 1] (none: 1), of A [k, n, n]. */
const factor = (from: Tensor, iterations: number, scale: Tensor | null): Tensor => {
  const identity = diagonal(a, sizeAt(from.shape, 1))
  const polynomial = (x: Tensor): Tensor => add(identity, add(mul(x, b), mul(matmul(x, x), c)))
  const first = polynomial(from)
  let [p, gramOf, q] = [first, from, scale === null ? first : mul(first, scale)]
  for (let i = 1; i < iterations; i++) {
    gramOf = matmul(p, matmul(gramOf, p))
    p = polynomial(gramOf)
    q = matmul(p, q)
  }
  return q
}

/** Iterations in one product with X, where that takes fewer multiplications: so if c > 1.5 r, see above. */
const stretch = ({ short, long }: Sides): number => (2 * long > 3 * short ? 3 : 1)

const stretchesOf = (iterations: number, most: number): readonly number[] =>
  Array.from({ length: Math.ceil(iterations / most) }, (_, i) => Math.min(most, iterations - i * most))

/** Of matrices with equal shorter sides, which are multiplied in equal stretches. */
const batched = (all: readonly Matrices[], stretches: readonly number[]): readonly Tensor[] => {
  const sizes = all.map(({ x }) => sidesOf(x).k)
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((n, k) => n + k, 0))
  const ends = all.some(({ times }) => times !== 1)
    ? literal(Float64Array.from(all.flatMap(({ times }, i) => Array.from({ length: at(sizes, i) }, () => times))), [
        sizes.reduce((n, k) => n + k, 0),
        1,
        1,
      ])
    : null
  return stretches.reduce<readonly Tensor[]>(
    (xs, iterations, s) => {
      const whole = concat(0)(xs.map(gram))
      const norm = s === 0 ? div(1, add(sqrt(trace(whole)), tiny)) : null
      const end = s === stretches.length - 1 ? ends : null
      const scale = norm === null ? end : end === null ? norm : mul(norm, end)
      const q = factor(norm === null ? whole : mul(whole, mul(norm, norm)), iterations, scale)
      return xs.map((x, i) => applied(take(0, at(starts, i), at(starts, i) + at(sizes, i))(q), x))
    },
    all.map(({ x }) => x),
  )
}

/**
 * Every matrix of [..., rows, columns] divided by its Frobenius norm and brought near the orthogonal matrix U V^T of its
 * singular value decomposition U S V^T, times its factor: after five iterations singular values of at least a hundredth of
 * the norm lie between 0.68 and 1.14, those of at least 0.002 between 0.68 and 1.21; smaller ones have grown 485 times.
 */
export const newtonSchulz =
  (iterations: number) =>
  (all: readonly Matrices[]): readonly Tensor[] => {
    if (!(Number.isInteger(iterations) && iterations >= 1))
      throw new RangeError(`${iterations} iterations of Newton-Schulz, expected a whole number of at least 1`)
    const groups = Map.groupBy(
      all.map((matrices, place) => ({ matrices, place })),
      ({ matrices }) => `${sidesOf(matrices.x).short} ${stretch(sidesOf(matrices.x))}`,
    )
    const done = new Map(
      [...groups.values()].flatMap((group) => {
        const most = stretch(sidesOf(at(group, 0).matrices.x))
        const near = batched(
          group.map(({ matrices }) => matrices),
          stretchesOf(iterations, most),
        )
        return group.map(({ place }, i) => [place, at(near, i)] as const)
      }),
    )
    return all.map((_, i) => {
      const own = done.get(i)
      if (own === undefined) throw new RangeError(`matrices ${i} are in no group`)
      return own
    })
  }

/**
 * Newton-Schulz iterations of matrices [..., rows, columns], each divided by its Frobenius norm plus 1e-7: U S V^T becomes
 * U S' V^T, with S' near 1 (see `muon`). ShapeError for a vector, RangeError for no iterations.
 */
export const orthogonalise =
  (iterations: number) =>
  (x: Tensor): Tensor =>
    at(newtonSchulz(iterations)([{ x, times: 1 }]), 0)
