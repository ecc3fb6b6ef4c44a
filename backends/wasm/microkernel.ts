/**
 * The innermost product: `rows` x `width` accumulators in registers. Rows of a are read by splat loads, k is traversed in
 * runs of constant stride; b is in panels `[k][width]` (or in rows of any stride). Independent of shapes, column
 * remainders and threads. Terms are added in the order of k whatever the walk, so walks never change results.
 *
 * The order of the text matters: the engine widens two adjacent 128-bit operations to one of 256 bits if the stores at the
 * end come in pairs at offsets 0 and 16 of one base, and if everything that feeds them is in such pairs too.
 */
import type { Madd } from './math.ts'
import { add, bump, func, get, i32, load, loopWhile, repeat, set, when } from './wat.ts'

/** How a contract is computed: with which vector products, and how wide a panel of b is. */
export interface Form {
  readonly name: 'fma256' | 'fma128' | 'simd'
  readonly width: 8 | 16
  readonly madd: Madd
}

/** Maximum rows per call. */
export const maxRows = 6

/** i32 words of one run: offset in a, offset in b, both in bytes, and its length. */
export const runWords = 3

/** How a microkernel traverses its operands. What is fixed here is in the code, the rest are arguments. */
export interface Walk {
  /** Rows of a are contiguous, behind one pointer; otherwise each has an offset in a table. */
  readonly beside: boolean
  /** Strides of k in bytes in a and in b; null if passed as an argument. */
  readonly stepA: number | null
  readonly stepB: (width: number) => number | null
  /** Unroll factor over k, at fixed offsets: only where both strides are fixed. */
  readonly unroll: number
}

const packed = (width: number): number => 4 * width
const walkTable = {
  /** Any strides. */
  table: { beside: false, stepA: null, stepB: () => null, unroll: 1 },
  /** k is contiguous in a, b is packed. */
  rows: { beside: false, stepA: 4, stepB: packed, unroll: 4 },
  /** a is packed in panels [k][maxRows], and so is b. */
  panels: { beside: true, stepA: 4 * maxRows, stepB: packed, unroll: 4 },
  /** m is contiguous in a; b is read in place. */
  columns: { beside: true, stepA: null, stepB: () => null, unroll: 1 },
} as const satisfies Record<string, Walk>
export type WalkName = keyof typeof walkTable
export const walks: Readonly<Record<WalkName, Walk>> = walkTable
export const walkNames: readonly WalkName[] = ['table', 'rows', 'panels', 'columns']

export const microkernelName = (walk: WalkName, rows: number): string => `$${walk}${rows}`

/** A product's arguments: tables of rows, operands, runs of k, strides, whether to add to c. */
export const productParams: readonly string[] = [
  ...['$rowsA', '$a', '$b', '$rowsC', '$c'],
  ...['$run', '$runEnd', '$stepA', '$stepB', '$accumulate'],
]

/** c[row, 0..width) = (or +=) sum over runs and k of a[row, k] * b[k, 0..width), for `$groups` groups of rows. */
export const microkernel = (name: WalkName, rows: number, { width, madd }: Form): string =>
  func(microkernelName(name, rows), [...productParams, '$groups'], (body) => {
    const { beside, stepA, stepB, unroll } = walks[name]
    const each = Array.from({ length: rows }, (_, r) => r)
    const vectors = Array.from({ length: width / 4 }, (_, v) => v)
    const heads = beside ? [0] : each
    const starts = heads.map(() => body.local('i32'))
    const sums = each.map(() => vectors.map(() => body.local('v128')))
    const pointers = heads.map(() => body.local('i32'))
    const [b, run] = [body.local('i32'), body.local('i32')]
    const values = vectors.map(() => body.local('v128'))
    const splat = body.local('v128')
    const fixedB = stepB(width)
    const step = (turn: number): void => {
      const [atA, atB] = [turn * (stepA ?? 0), turn * (fixedB ?? 0)]
      vectors.forEach((v) => {
        body.line(set(values[v] ?? '', `(v128.load offset=${16 * v + atB} align=4 ${get(b)})`))
      })
      each.forEach((r) => {
        const from = beside ? pointers[0] : pointers[r]
        body.line(set(splat, `(v128.load32_splat offset=${atA + (beside ? 4 * r : 0)} ${get(from ?? '')})`))
        vectors.forEach((v) => {
          const sum = sums[r]?.[v] ?? ''
          body.line(set(sum, madd(get(splat), get(values[v] ?? ''), get(sum))))
        })
      })
    }
    const advance = (turns: number): void => {
      for (const p of pointers) bump(body, p, stepA === null ? get('$stepA') : i32(turns * stepA))
      bump(body, b, fixedB === null ? get('$stepB') : i32(turns * fixedB))
    }
    const left = body.local('i32')
    const turns = (count: number): void =>
      loopWhile(body, `(i32.ge_s ${get(left)} ${i32(count)})`, () => {
        for (let u = 0; u < count; u++) step(u)
        advance(count)
        bump(body, left, i32(-count))
      })
    const product = (): void => {
      heads.forEach((r) => {
        body.line(set(starts[r] ?? '', add(get('$a'), load(get('$rowsA'), 4 * r))))
      })
      for (const sum of sums.flat()) body.line(set(sum, body.splat(0)))
      body.line(set(run, get('$run')))
      loopWhile(body, `(i32.lt_u ${get(run)} ${get('$runEnd')})`, () => {
        pointers.forEach((p, r) => {
          body.line(set(p, add(get(starts[r] ?? ''), load(get(run)))))
        })
        body.line(set(b, add(get('$b'), load(get(run), 4))))
        body.line(set(left, load(get(run), 8)))
        if (unroll > 1) turns(unroll)
        turns(1)
        bump(body, run, i32(4 * runWords))
      })
    }
    // an epilogue (bias, activation, residual) would go here, between the sums and their stores
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
    repeat(body, get('$groups'), () => {
      product()
      when(
        body,
        get('$accumulate'),
        () => store((r, v, old) => `(f32x4.add ${old} ${sum(r, v)})`, true),
        () => store((r, v) => sum(r, v), false),
      )
      bump(body, '$rowsA', i32(4 * rows))
      bump(body, '$rowsC', i32(4 * rows))
    })
  })

export const microkernels = (form: Form, used: readonly WalkName[]): string =>
  used.flatMap((walk) => Array.from({ length: maxRows }, (_, r) => microkernel(walk, r + 1, form))).join('\n')
