/**
 * The sum of a matrix's singular values: Householder's reflections make it bidiagonal (Golub and Kahan 1965), whose singular
 * values are the positive eigenvalues of a symmetric tridiagonal matrix with zeros on its diagonal, which are counted and
 * halved in (Sturm sequences). Their error is a few roundings of the largest: squaring the matrix would lose half of the
 * digits.
 */
import { element } from '../codec/element.ts'

/** The reflection that turns a vector onto its first axis: x - scale v (v . x), and what the vector becomes. */
interface Reflection {
  readonly v: Float64Array
  readonly scale: number
  readonly first: number
}

const reflectionOf = (x: Float64Array): Reflection => {
  const most = x.reduce((m, value) => Math.max(m, Math.abs(value)), 0)
  if (most === 0) return { v: new Float64Array(x.length), scale: 0, first: 0 }
  // of the vector over its largest element: squares of tiny numbers would vanish
  const v = x.map((value) => value / most)
  const head = element(v, 0)
  const length = Math.sqrt(v.reduce((sum, value) => sum + value * value, 0))
  const first = head > 0 ? -length : length
  v[0] = head - first
  return { v, scale: 1 / (length * (length + Math.abs(head))), first: first * most }
}

/** v^T A of the rows from `row` and the columns from `column` on. */
const leftProduct = (a: Float64Array, n: number, row: number, column: number, v: Float64Array): Float64Array => {
  const out = new Float64Array(n - column)
  v.forEach((f, r) => {
    const values = a.subarray((row + r) * n + column, (row + r + 1) * n)
    for (let j = 0; j < out.length; j++) out[j] = (out[j] ?? Number.NaN) + f * (values[j] ?? Number.NaN)
  })
  return out
}

const subtract = (row: Float64Array, f: number, x: Float64Array): void => {
  for (let j = 0; j < row.length; j++) row[j] = (row[j] ?? Number.NaN) - f * (x[j] ?? Number.NaN)
}

const dot = (x: Float64Array, y: Float64Array): number => {
  let sum = 0
  for (let j = 0; j < x.length; j++) sum += (x[j] ?? Number.NaN) * (y[j] ?? Number.NaN)
  return sum
}

/**
 * The bidiagonal form of [m, n], m >= n: its diagonal and the elements above it in turn, d0 e0 d1 e1 .. d(n-1), which is what
 * stands beside the diagonal of the symmetric matrix.
 */
const bidiagonal = (matrix: Float64Array, m: number, n: number): Float64Array => {
  const a = matrix.slice()
  const beside = new Float64Array(Math.max(0, 2 * n - 1))
  for (let k = 0; k < n; k++) {
    const left = reflectionOf(Float64Array.from({ length: m - k }, (_, r) => element(a, (k + r) * n + k)))
    beside[2 * k] = left.first
    if (k === n - 1) break
    const product = leftProduct(a, n, k, k + 1, left.v)
    const rowOf = (r: number): Float64Array => a.subarray((k + r) * n + k + 1, (k + r + 1) * n)
    subtract(rowOf(0), left.scale * element(left.v, 0), product)
    const right = reflectionOf(rowOf(0))
    beside[2 * k + 1] = right.first
    for (let r = 1; r < m - k; r++) {
      const row = rowOf(r)
      subtract(row, left.scale * element(left.v, r), product)
      subtract(row, right.scale * dot(row, right.v), right.v)
    }
  }
  return beside
}

/** The number of eigenvalues below x, of the tridiagonal matrix with zeros on the diagonal and these squares beside it. */
const countBelow = (squares: Float64Array, x: number, least: number): number => {
  let q = -x
  let count = q < 0 ? 1 : 0
  for (let i = 0; i < squares.length; i++) {
    if (Math.abs(q) < least) q = q < 0 ? -least : least
    q = -x - (squares[i] ?? Number.NaN) / q
    if (q < 0) count++
  }
  return count
}

/** The sum of the eigenvalues from 0 to a bound: half of them, as they come in pairs x and -x. */
const sumBetween = (squares: Float64Array, bound: number): number => {
  const least = bound * 2 ** -200
  const width = bound * 2 ** -52
  const within = (low: number, high: number, below: number, belowHigh: number): number => {
    const inside = belowHigh - below
    if (inside === 0) return 0
    const middle = (low + high) / 2
    if (high - low <= width || middle <= low || middle >= high) return inside * middle
    const half = countBelow(squares, middle, least)
    return within(low, middle, below, half) + within(middle, high, half, belowHigh)
  }
  const all = squares.length + 1
  return within(0, bound, all / 2, all)
}

/** Of a matrix [m, n], m >= n >= 1, whose largest element is 1. */
const sumOf = (matrix: Float64Array, m: number, n: number): number => {
  const beside = bidiagonal(matrix, m, n)
  const size = (i: number): number => (i < 0 || i >= beside.length ? 0 : Math.abs(element(beside, i)))
  let bound = 0
  for (let i = 0; i <= beside.length; i++) bound = Math.max(bound, size(i - 1) + size(i))
  return sumBetween(
    beside.map((b) => b * b),
    bound * (1 + 2 ** -40),
  )
}

/** The sum of the singular values of [m, n]; NaN where a number is not finite. */
export const singularValueSum = (matrix: Float64Array, m: number, n: number): number => {
  if (!matrix.every(Number.isFinite)) return Number.NaN
  if (m < n) {
    const turned = Float64Array.from({ length: m * n }, (_, at) => element(matrix, (at % m) * n + Math.floor(at / m)))
    return singularValueSum(turned, n, m)
  }
  const most = matrix.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  return most === 0
    ? 0
    : most *
        sumOf(
          matrix.map((value) => value / most),
          m,
          n,
        )
}
