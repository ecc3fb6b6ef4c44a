/**
 * WebAssembly text of Y = M X M' for a fixed small matrix M, eight channels at a time: the transforms of Winograd
 * convolutions. Blocks X and Y may be anywhere: each has a row stride and a column stride.
 */
import type { Madd } from './math.ts'
import { add, type Body, bump, func, get, i32, mul, repeat } from './wat.ts'
import { type Matrix, matrices, type TransformName } from './winogradMatrices.ts'

export const transformName = (name: TransformName): string => `$transform_${name}`

/** sum of coefficients[i] * xs[i], shortest text: sums and differences where a coefficient is 1 or -1. */
const combination = (body: Body, madd: Madd, coefficients: readonly number[], xs: readonly string[]): string | null => {
  const terms = coefficients.flatMap((c, i) => (c === 0 ? [] : [{ c, x: xs[i] ?? '' }]))
  const first = terms.find(({ c }) => c === 1) ?? terms[0]
  if (first === undefined) return null
  const v = (value: string): string => body.let('v128', value)
  const start = first.c === 1 ? first.x : v(`(f32x4.mul ${body.splat(first.c)} ${first.x})`)
  return terms
    .filter((t) => t !== first)
    .reduce(
      (sum, { c, x }) =>
        v(c === 1 ? `(f32x4.add ${sum} ${x})` : c === -1 ? `(f32x4.sub ${sum} ${x})` : madd(body.splat(c), x, sum)),
      start,
    )
}

const opposite = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((x, i) => Math.abs(x) === Math.abs(b[i] ?? 0)) && a.some((x, i) => x !== b[i])

/** M x. Two rows that differ only in signs share their even and odd parts; two columns, their sum and difference. */
const linear = (body: Body, madd: Madd, m: Matrix, xs: readonly string[]): readonly string[] => {
  const v = (value: string): string => body.let('v128', value)
  const rowPairs = m.map((row, i) => opposite(row, m[i + 1] ?? []))
  if (rowPairs.some(Boolean)) {
    const out: string[] = []
    m.forEach((row, i) => {
      if (i > 0 && rowPairs[i - 1] === true && out.length > i) return
      if (rowPairs[i] !== true) {
        out.push(combination(body, madd, row, xs) ?? body.splat(0))
        return
      }
      const next = m[i + 1] ?? []
      const even =
        combination(
          body,
          madd,
          row.map((c, j) => (c === next[j] ? c : 0)),
          xs,
        ) ?? body.splat(0)
      const odd =
        combination(
          body,
          madd,
          row.map((c, j) => (c === next[j] ? 0 : c)),
          xs,
        ) ?? body.splat(0)
      out.push(v(`(f32x4.add ${even} ${odd})`), v(`(f32x4.sub ${even} ${odd})`))
    })
    return out
  }
  const columns = (m[0] ?? []).map((_, j) => m.map((row) => row[j] ?? 0))
  const joined = xs.map((x) => x)
  const weights = m.map((row) => [...row])
  columns.forEach((column, j) => {
    const next = columns[j + 1]
    if (next === undefined || !opposite(column, next) || (j > 0 && joined[j] !== xs[j])) return
    const [a, b] = [xs[j] ?? '', xs[j + 1] ?? '']
    joined[j] = v(`(f32x4.add ${a} ${b})`)
    joined[j + 1] = v(`(f32x4.sub ${a} ${b})`)
    m.forEach((row, i) => {
      const [p = 0, q = 0] = [row[j], row[j + 1]]
      const w = weights[i]
      if (w === undefined) return
      w[j] = p === q ? p : 0
      w[j + 1] = p === q ? 0 : p
    })
  })
  return weights.map((row) => combination(body, madd, row, joined) ?? body.splat(0))
}

/**
 * (from, its row stride in bytes, its column stride, to, row stride, column stride, octets): channels are contiguous in
 * both. The whole block is in registers and V8's spill slots; a scratch block in memory was slower.
 */
export const transform = (name: TransformName, madd: Madd): string =>
  func(transformName(name), ['$from', '$row', '$column', '$to', '$rowTo', '$columnTo', '$octets'], (body) => {
    const m: Matrix = matrices[name]
    const rows = m.map((_, i) => i)
    const columns = (m[0] ?? []).map((_, i) => i)
    const pair = (base: string): readonly [string, string] => [
      body.let('v128', `(v128.load align=4 ${base})`),
      body.let('v128', `(v128.load offset=16 align=4 ${base})`),
    ]
    /** The engine widens pairs of stores at offsets 0 and 16 of a base of their own. */
    const put = (base: string, low: string, high: string): void => {
      body.line(`(v128.store align=4 ${base} ${low})`)
      body.line(`(v128.store offset=16 align=4 ${base} ${high})`)
    }
    const both = (xs: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] => {
      const low = linear(
        body,
        madd,
        m,
        xs.map(([x]) => x),
      )
      const high = linear(
        body,
        madd,
        m,
        xs.map(([, x]) => x),
      )
      return low.map((x, i) => [x, high[i] ?? ''])
    }
    const multiples = (step: string, count: number): readonly string[] =>
      Array.from({ length: count }, (_, i) => (i === 0 ? i32(0) : body.let('i32', mul(step, i32(i)))))
    const at = (base: string, y: string, x: string): string => body.let('i32', add(base, y, x))
    const [fromRow, fromColumn] = [multiples(get('$row'), columns.length), multiples(get('$column'), columns.length)]
    const [toRow, toColumn] = [multiples(get('$rowTo'), rows.length), multiples(get('$columnTo'), rows.length)]
    repeat(body, get('$octets'), () => {
      const down = columns.map((x) =>
        both(columns.map((y) => pair(at(get('$from'), fromRow[y] ?? '', fromColumn[x] ?? '')))),
      )
      for (const y of rows) {
        const along = both(columns.map((x) => down[x]?.[y] ?? ['', '']))
        along.forEach(([low, high], x) => {
          put(at(get('$to'), toRow[y] ?? '', toColumn[x] ?? ''), low, high)
        })
      }
      bump(body, '$from', i32(32))
      bump(body, '$to', i32(32))
    })
  })
