/**
 * The innermost product: `rows` x `width` accumulators in registers, one step of k a turn. Rows of a are read by splat
 * loads through a table of row offsets, k is walked in runs of constant stride, so that a is never packed; b lies in
 * panels `[k][width]` (or in rows of its own stride). Knows nothing of shapes, tails of columns or threads.
 *
 * The order of the text matters: the engine widens two neighbouring 128-bit operations to one of 256 bits if the
 * stores at the end come in pairs at offsets 0 and 16 of one base, and if all that feeds them is in such pairs too.
 */
import type { Madd } from './math.ts'
import { add, bump, func, get, i32, load, loopWhile, repeat, set, when } from './wat.ts'

/** How a contract is computed: which products of vectors, and how wide a panel of b is. */
export interface Form {
  readonly name: 'fma256' | 'fma128' | 'simd'
  readonly width: 8 | 16
  readonly madd: Madd
}

/** Rows of one call at most. */
export const maxRows = 6

/** i32 words of one run: offset in a, offset in b, both in bytes, and its length. */
export const runWords = 3

export const microkernelName = (rows: number): string => `$micro${rows}`

const params = ['$rowsA', '$a', '$b', '$rowsC', '$c', '$run', '$end', '$stepA', '$stepB', '$accumulate']

/** c[row, 0..width) = (or +=) sum over runs and k of a[row, k] * b[k, 0..width). */
export const microkernel = (rows: number, { width, madd }: Form): string =>
  func(microkernelName(rows), params, (body) => {
    const each = Array.from({ length: rows }, (_, r) => r)
    const vectors = Array.from({ length: width / 4 }, (_, v) => v)
    const starts = each.map((r) => body.let('i32', add(get('$a'), load(get('$rowsA'), 4 * r))))
    const sums = each.map(() => vectors.map(() => body.local('v128')))
    const pointers = each.map(() => body.local('i32'))
    const b = body.local('i32')
    const values = vectors.map(() => body.local('v128'))
    const splat = body.local('v128')
    loopWhile(body, `(i32.lt_u ${get('$run')} ${get('$end')})`, () => {
      each.forEach((r) => {
        body.line(set(pointers[r] ?? '', add(starts[r] ?? '', load(get('$run')))))
      })
      body.line(set(b, add(get('$b'), load(get('$run'), 4))))
      repeat(body, load(get('$run'), 8), () => {
        vectors.forEach((v) => {
          body.line(set(values[v] ?? '', `(v128.load offset=${16 * v} align=4 ${get(b)})`))
        })
        each.forEach((r) => {
          body.line(set(splat, `(v128.load32_splat ${get(pointers[r] ?? '')})`))
          vectors.forEach((v) => {
            const sum = sums[r]?.[v] ?? ''
            body.line(set(sum, madd(get(splat), get(values[v] ?? ''), get(sum))))
          })
          bump(body, pointers[r] ?? '', get('$stepA'))
        })
        bump(body, b, get('$stepB'))
      })
      bump(body, '$run', i32(4 * runWords))
    })
    // an epilogue (bias, activation, residual) would stand here, between the sums and their stores
    const pairs = vectors.filter((v) => v % 2 === 0)
    const store = (value: (r: number, v: number, old: string) => string, accumulate: boolean): void =>
      each.forEach((r) => {
        const c = body.let('i32', add(get('$c'), load(get('$rowsC'), 4 * r)))
        for (const v of pairs) {
          const base = v === 0 ? c : body.let('i32', add(c, i32(16 * v)))
          const old = [0, 16].map((o) =>
            accumulate ? body.let('v128', `(v128.load offset=${o} align=4 ${base})`) : '',
          )
          const out = [v, v + 1].map((w, i) => body.let('v128', value(r, w, old[i] ?? '')))
          out.forEach((x, i) => {
            body.line(`(v128.store offset=${16 * i} align=4 ${base} ${x})`)
          })
        }
      })
    const sum = (r: number, v: number): string => get(sums[r]?.[v] ?? '')
    when(
      body,
      get('$accumulate'),
      () => store((r, v, old) => `(f32x4.add ${old} ${sum(r, v)})`, true),
      () => store((r, v) => sum(r, v), false),
    )
  })

export const microkernels = (form: Form): string =>
  Array.from({ length: maxRows }, (_, r) => microkernel(r + 1, form)).join('\n')
