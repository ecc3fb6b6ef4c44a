/**
 * Copies one panel of b, `width` columns of all k of a block, to `[k][width]`. Three ways: contiguous columns are copied;
 * columns with contiguous k are transposed four by four; anything else is gathered.
 */
import { type Form, maxRows } from './microkernel.ts'
import { add, type Body, bump, div, func, get, i32, load, loopWhile, repeat, set, when } from './wat.ts'

export type Packing = 'copy' | 'transpose' | 'gather'
export const packingCode: Readonly<Record<Packing, number>> = { copy: 0, transpose: 1, gather: 2 }

/** A panel's record, in words; the head is followed by the columns' byte offsets in b, then in c. */
export const panelHead = { direct: 0, packing: 1, columns: 2 } as const
export const panelB = 3
export const panelWords = (width: number): number => panelB + 2 * width

/** i32 words of one run of k in b: offset in bytes, length. */
export const packRunWords = 2

/**
 * Adjacent vectors, all loads first. Every pair is stored with its own base, so that the engine widens it: a wide load of
 * data just written by narrower stores would stall.
 */
const copyVectors = (body: Body, from: string, to: string, count: number): void => {
  const values = Array.from({ length: count }, (_, i) =>
    body.let('v128', `(v128.load offset=${16 * i} align=4 ${from})`),
  )
  const bases = values.map((_, i) => (i === 0 || i % 2 === 1 ? to : body.let('i32', add(to, i32(16 * i)))))
  values.forEach((value, i) => {
    body.line(`(v128.store offset=${16 * (i % 2)} align=4 ${(i % 2 === 0 ? bases[i] : bases[i - 1]) ?? ''} ${value})`)
  })
}

/** Four vectors of four as the rows of a matrix, transposed. */
const transposed = (body: Body, address: (row: number) => string): readonly string[] => {
  const v = (value: string): string => body.let('v128', value)
  const [a = '', b = '', c = '', d = ''] = [0, 1, 2, 3].map((j) => v(`(v128.load align=4 ${address(j)})`))
  const pair = (x: string, y: string, high: boolean): string =>
    v(
      `(i8x16.shuffle ${high ? '8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31' : '0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23'} ${x} ${y})`,
    )
  const halves = (x: string, y: string): readonly string[] => [
    v(`(i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 ${x} ${y})`),
    v(`(i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 ${x} ${y})`),
  ]
  return [...halves(pair(a, b, false), pair(c, d, false)), ...halves(pair(a, b, true), pair(c, d, true))]
}

/** (panel, b, first run, end of runs, stride of k in bytes, destination) */
export const packPanel = ({ width }: Form): string =>
  func('$packPanel', ['$panel', '$b', '$run', '$end', '$step', '$to'], (body) => {
    const columns = Array.from({ length: width }, (_, j) => j)
    const column = (j: number): string => load(get('$panel'), 4 * (panelB + j))
    const from = body.local('i32')
    const left = body.local('i32')
    const packing = load(get('$panel'), 4 * panelHead.packing)
    const runs = (write: () => void): void =>
      loopWhile(body, `(i32.lt_u ${get('$run')} ${get('$end')})`, () => {
        body.line(set(from, add(get('$b'), load(get('$run')))))
        body.line(set(left, load(get('$run'), 4)))
        write()
        bump(body, '$run', i32(4 * packRunWords))
      })
    const gather = (): void =>
      loopWhile(body, get(left), () => {
        for (const j of columns)
          body.line(`(f32.store offset=${4 * j} ${get('$to')} (f32.load ${add(get(from), column(j))}))`)
        bump(body, '$to', i32(4 * width))
        bump(body, from, get('$step'))
        bump(body, left, i32(-1))
      })
    const copy = (): void => {
      bump(body, from, column(0))
      repeat(body, get(left), () => {
        copyVectors(body, get(from), get('$to'), width / 4)
        bump(body, '$to', i32(4 * width))
        bump(body, from, get('$step'))
      })
    }
    const transpose = (): void => {
      loopWhile(body, `(i32.ge_s ${get(left)} (i32.const 4))`, () => {
        const blocks = columns
          .filter((j) => j % 4 === 0)
          .map((g) => transposed(body, (j) => add(get(from), column(g + j))))
        for (const k of [0, 1, 2, 3])
          for (let g = 0; g < blocks.length; g += 2) {
            const base = body.let('i32', add(get('$to'), i32(4 * width * k + 16 * g)))
            ;[g, g + 1].forEach((b, half) => {
              body.line(`(v128.store offset=${16 * half} align=4 ${base} ${blocks[b]?.[k] ?? ''})`)
            })
          }
        bump(body, '$to', i32(16 * width))
        bump(body, from, i32(16))
        bump(body, left, i32(-4))
      })
      gather()
    }
    when(
      body,
      `(i32.eq ${packing} ${i32(packingCode.copy)})`,
      () => runs(copy),
      () =>
        when(
          body,
          `(i32.eq ${packing} ${i32(packingCode.transpose)})`,
          () => runs(transpose),
          () => runs(gather),
        ),
    )
  })

/**
 * Copies, one k after another, pieces of a fixed number of bytes at the offsets of a table (`pairs`: of pairs of numbers)
 * to as many panels: sources are contiguous, each destination is a panel [k][bytes]. May read beyond the last piece.
 *
 * (table, bytes from entry to entry, pieces, source, first run, end of runs, stride of k in bytes, destination, bytes from
 * panel to panel)
 */
const packPieces = (name: string, bytes: 24 | 32 | 64, pairs = false): string =>
  func(name, ['$table', '$entry', '$pieces', '$source', '$run', '$end', '$step', '$to', '$pitch'], (body) => {
    const [from, entry, panel, p] = body.locals('i32', 4)
    loopWhile(body, `(i32.lt_u ${get('$run')} ${get('$end')})`, () => {
      body.line(set(from, add(get('$source'), load(get('$run')))))
      repeat(body, load(get('$run'), 4), () => {
        body.line(set(panel, get('$to')))
        body.line(set(entry, get('$table')))
        repeat(body, get('$pieces'), () => {
          if (pairs)
            for (let i = 0; i < bytes / 8; i++)
              body.line(
                `(i64.store offset=${8 * i} align=4 ${get(panel)} (i64.load align=4 ${add(get(from), load(get(entry), 8 * i))}))`,
              )
          else {
            body.line(set(p, add(get(from), load(get(entry)))))
            copyVectors(body, get(p), get(panel), Math.floor(bytes / 16))
            if (bytes % 16 !== 0)
              body.line(`(i64.store offset=16 align=4 ${get(panel)} (i64.load offset=16 align=4 ${get(p)}))`)
          }
          bump(body, entry, get('$entry'))
          bump(body, panel, get('$pitch'))
        })
        bump(body, '$to', i32(bytes))
        bump(body, from, get('$step'))
      })
      bump(body, '$run', i32(4 * packRunWords))
    })
  })

/** (first panel's record, their number, b, ...): all panels of a block whose columns are contiguous. */
export const packColumns = ({ width }: Form): string =>
  [
    packPieces('$packColumnPieces', width === 16 ? 64 : 32),
    func('$packColumns', ['$panel', '$panels', '$b', '$run', '$end', '$step', '$to', '$pitch'], (body) =>
      body.line(
        `(call $packColumnPieces ${add(get('$panel'), i32(4 * panelB))} ${i32(4 * panelWords(width))} ${['$panels', '$b', '$run', '$end', '$step', '$to', '$pitch'].map(get).join(' ')})`,
      ),
    ),
  ].join('\n')

/**
 * (first row's offset, number of rows, a, ..., pairs): rows whose groups of `maxRows`, or whose pairs, are contiguous.
 */
export const packRows = (): string =>
  [
    packPieces('$packRowPieces', 24),
    packPieces('$packRowPairs', 24, true),
    func('$packRows', ['$rows', '$count', '$a', '$run', '$end', '$step', '$to', '$pitch', '$pairs'], (body) => {
      const groups = div(add(get('$count'), i32(maxRows - 1)), i32(maxRows))
      const args = `${get('$rows')} ${i32(4 * maxRows)} ${groups} ${['$a', '$run', '$end', '$step', '$to', '$pitch'].map(get).join(' ')}`
      when(
        body,
        get('$pairs'),
        () => body.line(`(call $packRowPairs ${args})`),
        () => body.line(`(call $packRowPieces ${args})`),
      )
    }),
  ].join('\n')
