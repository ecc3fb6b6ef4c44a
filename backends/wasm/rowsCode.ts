/**
 * WebAssembly text of one panel's product: groups of rows by the microkernels, directly into c or through a tile. It takes
 * tables and pointers provided by the caller.
 */
import type { Addresses } from './contractFields.ts'
import { type Form, maxRows, microkernelName, productParams, type WalkName, walkNames } from './microkernel.ts'
import { panelB, panelHead } from './pack.ts'
import { add, bump, div, func, get, i32, load, loopWhile, min, mul, rem, repeat, set, sub, when } from './wat.ts'

/** Rows [m, end) in groups of six, the last one smaller; by the microkernels that suit the operands. */
export const rowsFunction = (used: readonly WalkName[]): string =>
  func('$rows', ['$m', '$end', ...productParams, '$walk'], (body) => {
    const [tableA, tableC] = body.locals('i32', 2)
    const tables = new Map([
      ['$rowsA', tableA],
      ['$rowsC', tableC],
    ])
    const args = productParams.map((name) => get(tables.get(name) ?? name))
    body.line(set(tableA, add(get('$rowsA'), mul(get('$m'), i32(4)))))
    body.line(set(tableC, add(get('$rowsC'), mul(get('$m'), i32(4)))))
    const [left, groups] = body.locals('i32', 2)
    body.line(set(left, sub(get('$end'), get('$m'))))
    body.line(set(groups, div(get(left), i32(maxRows))))
    body.line(set(left, rem(get(left), i32(maxRows))))
    const by = (walk: WalkName): void => {
      const call = (rows: number, times: string): void =>
        body.line(`(call ${microkernelName(walk, rows)} ${args.join(' ')} ${times})`)
      when(body, get(groups), () => {
        call(maxRows, get(groups))
        const done = body.let('i32', mul(get(groups), i32(4 * maxRows)))
        bump(body, tableA, done)
        bump(body, tableC, done)
      })
      for (let r = 1; r < maxRows; r++) when(body, `(i32.eq ${get(left)} ${i32(r)})`, () => call(r, i32(1)))
    }
    const otherwise = (i: number): void => {
      const walk = used[i]
      if (walk === undefined) body.line('unreachable')
      else
        when(
          body,
          `(i32.eq ${get('$walk')} ${i32(walkNames.indexOf(walk))})`,
          () => by(walk),
          () => otherwise(i + 1),
        )
    }
    otherwise(0)
  })

/** The same if columns of c are not contiguous or fewer than a panel: through the scratch tile. */
export const scatterFunction = ({ width }: Form, { tileRows }: Addresses): string =>
  func('$scatter', ['$m', '$end', ...productParams, '$walk', '$panel', '$s'], (body) => {
    const [next, row, from, to, column, old] = body.locals('i32', 6)
    const columns = load(get('$panel'), 4 * panelHead.columns)
    const value = body.local('f32')
    loopWhile(body, `(i32.lt_s ${get('$m')} ${get('$end')})`, () => {
      body.line(set(next, min(add(get('$m'), i32(maxRows)), get('$end'))))
      body.line(
        `(call $rows (i32.const 0) ${sub(get(next), get('$m'))} ${add(get('$rowsA'), mul(get('$m'), i32(4)))} ${get('$a')} ${get('$b')} ${i32(tileRows)} ${['$s', '$run', '$runEnd', '$stepA', '$stepB'].map(get).join(' ')} (i32.const 0) ${get('$walk')})`,
      )
      body.line(set(row, get('$s')))
      loopWhile(body, `(i32.lt_s ${get('$m')} ${get(next)})`, () => {
        body.line(set(to, add(get('$c'), load(add(get('$rowsC'), mul(get('$m'), i32(4)))))))
        body.line(set(from, get(row)))
        body.line(set(column, add(get('$panel'), i32(4 * (panelB + width)))))
        repeat(body, columns, () => {
          body.line(set(old, add(get(to), load(get(column)))))
          body.line(set(value, `(f32.load ${get(from)})`))
          when(body, get('$accumulate'), () => body.line(set(value, `(f32.add (f32.load ${get(old)}) ${get(value)})`)))
          body.line(`(f32.store ${get(old)} ${get(value)})`)
          bump(body, from, i32(4))
          bump(body, column, i32(4))
        })
        bump(body, row, i32(4 * width))
        bump(body, '$m', i32(1))
      })
    })
  })
