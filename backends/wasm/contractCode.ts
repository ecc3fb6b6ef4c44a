/**
 * WebAssembly text of the loops around the microkernel, shared by every contract of a plan: cells -> batches -> blocks
 * of k -> panels of columns -> groups of rows. All shapes and layouts come from the descriptor that `contract.ts` makes.
 */
import { type Form, maxRows, microkernelName, microkernels, runWords, type WalkName, walkNames } from './microkernel.ts'
import { packColumns, packPanel, packRows, packRunWords, panelB, panelHead, panelWords } from './pack.ts'
import {
  add,
  type Body,
  bump,
  div,
  func,
  get,
  i32,
  load,
  loopWhile,
  min,
  mul,
  rem,
  repeat,
  set,
  sub,
  when,
} from './wat.ts'

/** Words of a contract's descriptor, in their order. */
export const fields = [
  'a',
  'b',
  'c',
  /** Groups of rows of one outer batch, rows of a group, rows in all. */
  'groups',
  'groupRows',
  'rows',
  /** Blocks of panels, panels of a block, panels in all. */
  'blocks',
  'blockPanels',
  'panels',
  /** Batches inside of one cell. */
  'innerBatches',
  /** Tables: batches, rows of a, rows of c, panels, blocks of k and their count. */
  'batchTable',
  'rowsA',
  'rowsC',
  'panelTable',
  'kTable',
  'kBlocks',
  /** Bytes a step of k: in a, in b as the microkernel reads it, in b as it lies. */
  'stepA',
  'stepB',
  'stepPack',
  /** Where a is packed too: bytes from one panel of rows to the next, and the table of their rows. */
  'pitchA',
  'panelRows',
  /** 1: only pairs of rows lie side by side. */
  'pairsA',
  /** Where all panels of a block are packed at once: bytes from one to the next. */
  'pitchB',
  /** Panels that are packed at a time before a region; more than one only where all their columns lie side by side. */
  'packTogether',
  /** 0: b is read in place; 1: packed before the region; 2: packed panel by panel; 3: all panels of a block of k. */
  'mode',
  /** The microkernels that suit the operands, by their place among `walkNames`. */
  'walk',
  /** Where the region's packed b begins, counted from the start of the pack area. */
  'packed',
] as const
export type Field = (typeof fields)[number]
export const field = (name: Field): number => fields.indexOf(name)
export const modes = { direct: 0, shared: 1, local: 2, block: 3 } as const

export const batchWords = 3
/** first run, end, first pack run, end, first k, number of k, first pack run of a, end */
export const kWords = 8

/** A thread's scratch: one tile of c, then one packed panel. */
export const scratchTile = 4 * maxRows * 16
export const scratchBytes = (k: number, width: number): number => scratchTile + 4 * width * k

export interface Addresses {
  /** Holds the address of the pack area. */
  readonly packArea: number
  /** Row offsets of the scratch tile. */
  readonly tileRows: number
}

export const word = (name: Field): string => load(get('$d'), 4 * field(name))

/** Rows [m, end) in groups of six, the last one smaller; by the microkernels that suit the operands. */
const rowsFunction = (used: readonly WalkName[]): string =>
  func(
    '$rows',
    ['$m', '$end', '$rowsA', '$a', '$b', '$rowsC', '$c', '$run', '$runEnd', '$stepA', '$stepB', '$accumulate', '$walk'],
    (body) => {
      const [tableA, tableC] = [body.local('i32'), body.local('i32')]
      const args = [tableA, '$a', '$b', tableC, '$c', '$run', '$runEnd', '$stepA', '$stepB', '$accumulate'].map(get)
      body.line(set(tableA, add(get('$rowsA'), mul(get('$m'), i32(4)))))
      body.line(set(tableC, add(get('$rowsC'), mul(get('$m'), i32(4)))))
      const [left, groups] = [body.local('i32'), body.local('i32')]
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
    },
  )

/** The same where columns of c do not lie side by side or are fewer than a panel: by way of the scratch tile. */
const scatterFunction = ({ width }: Form, { tileRows }: Addresses): string =>
  func(
    '$scatter',
    [
      '$m',
      '$end',
      '$rowsA',
      '$a',
      '$b',
      '$rowsC',
      '$c',
      '$run',
      '$runEnd',
      '$stepA',
      '$stepB',
      '$accumulate',
      '$walk',
      '$panel',
      '$s',
    ],
    (body) => {
      const local = (): string => body.local('i32')
      const [next, row, from, to, column, old] = [local(), local(), local(), local(), local(), local()]
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
            when(body, get('$accumulate'), () =>
              body.line(set(value, `(f32.add (f32.load ${get(old)}) ${get(value)})`)),
            )
            body.line(`(f32.store ${get(old)} ${get(value)})`)
            bump(body, from, i32(4))
            bump(body, column, i32(4))
          })
          bump(body, row, i32(4 * width))
          bump(body, '$m', i32(1))
        })
      })
    },
  )

export const panelAt = (j: string, { width }: Form): string =>
  add(word('panelTable'), mul(j, i32(4 * panelWords(width))))

/** Bytes from the start of a shared packed b to block `k`, panel `j`. */
const sharedAt = (k: string, j: string, { width }: Form): string =>
  mul(add(mul(load(k, 16), word('panels')), mul(j, load(k, 20))), i32(4 * width))
const packBase = ({ packArea }: Addresses): string => add(load(i32(packArea)), word('packed'))

const contractFunction = (form: Form, addresses: Addresses): string =>
  func('$contract', ['$d', '$r0', '$r1', '$s'], (body: Body) => {
    const local = (): string => body.local('i32')
    const [q, group, take, m0, m1] = [local(), local(), local(), local(), local()]
    const [from, to, tableA, tableC, sourceA, packedA] = [local(), local(), local(), local(), local(), local()]
    const [j, j0, j1, batch, k, kEnd, panel, b] = [
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
      local(),
    ]
    const mode = body.let('i32', word('mode'))
    const packsRows = `(i32.eq ${word('walk')} ${i32(walkNames.indexOf('panels'))})`
    const is = (m: keyof typeof modes): string => `(i32.eq ${mode} ${i32(modes[m])})`
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      body.line(set(q, div(get('$r0'), word('blocks'))))
      body.line(set(group, rem(get(q), word('groups'))))
      body.line(set(take, i32(1)))
      when(body, `(i32.eq ${word('blocks')} (i32.const 1))`, () =>
        body.line(set(take, min(sub(get('$r1'), get('$r0')), sub(word('groups'), get(group))))),
      )
      body.line(set(m0, mul(get(group), word('groupRows'))))
      body.line(set(m1, min(word('rows'), mul(add(get(group), get(take)), word('groupRows')))))
      body.line(set(j0, mul(rem(get('$r0'), word('blocks')), word('blockPanels'))))
      body.line(set(j1, min(word('panels'), add(get(j0), word('blockPanels')))))
      body.line(
        set(
          batch,
          add(word('batchTable'), mul(mul(div(get(q), word('groups')), word('innerBatches')), i32(4 * batchWords))),
        ),
      )
      repeat(body, word('innerBatches'), () => {
        const a = body.let('i32', add(word('a'), load(get(batch))))
        const source = body.let('i32', add(word('b'), load(get(batch), 4)))
        const c = body.let('i32', add(word('c'), load(get(batch), 8)))
        body.line(set(k, word('kTable')))
        body.line(set(kEnd, add(get(k), mul(word('kBlocks'), i32(4 * kWords)))))
        loopWhile(body, `(i32.lt_u ${get(k)} ${get(kEnd)})`, () => {
          body.line(set(j, get(j0)))
          const later = body.let('i32', load(get(k), 16))
          body.line(set(from, get(m0)))
          body.line(set(to, get(m1)))
          body.line(set(tableA, word('rowsA')))
          body.line(set(tableC, word('rowsC')))
          body.line(set(sourceA, a))
          when(body, is('block'), () =>
            body.line(
              `(call $packColumns ${panelAt(get(j0), form)} ${sub(get(j1), get(j0))} ${source} ${load(get(k), 8)} ${load(get(k), 12)} ${word('stepPack')} ${add(get('$s'), i32(scratchTile))} ${word('pitchB')})`,
            ),
          )
          when(body, packsRows, () => {
            const panelsB = `(select ${sub(get(j1), get(j0))} (i32.const 1) ${is('block')})`
            body.line(set(packedA, add(get('$s'), i32(scratchTile), mul(panelsB, word('pitchB')))))
            body.line(
              `(call $packRows ${add(get(tableA), mul(get(m0), i32(4)))} ${sub(get(m1), get(m0))} ${a} ${load(get(k), 24)} ${load(get(k), 28)} ${word('stepA')} ${get(packedA)} ${word('pitchA')} ${word('pairsA')})`,
            )
            body.line(set(from, i32(0)))
            body.line(set(to, sub(get(m1), get(m0))))
            body.line(set(tableA, word('panelRows')))
            bump(body, tableC, mul(get(m0), i32(4)))
            body.line(set(sourceA, get(packedA)))
          })
          loopWhile(body, `(i32.lt_s ${get(j)} ${get(j1)})`, () => {
            body.line(set(panel, panelAt(get(j), form)))
            when(
              body,
              is('shared'),
              () => body.line(set(b, add(packBase(addresses), sharedAt(get(k), get(j), form)))),
              () =>
                when(
                  body,
                  is('local'),
                  () => {
                    body.line(set(b, add(get('$s'), i32(scratchTile))))
                    body.line(
                      `(call $packPanel ${get(panel)} ${source} ${load(get(k), 8)} ${load(get(k), 12)} ${word('stepPack')} ${get(b)})`,
                    )
                  },
                  () =>
                    when(
                      body,
                      is('block'),
                      () =>
                        body.line(set(b, add(get('$s'), i32(scratchTile), mul(sub(get(j), get(j0)), word('pitchB'))))),
                      () => body.line(set(b, add(source, load(get(panel), 4 * panelB)))),
                    ),
                ),
            )
            const common = (target: string): string =>
              [
                get(from),
                get(to),
                get(tableA),
                get(sourceA),
                get(b),
                get(tableC),
                target,
                load(get(k)),
                load(get(k), 4),
                word('stepA'),
                word('stepB'),
                later,
                word('walk'),
              ].join(' ')
            when(
              body,
              load(get(panel), 4 * panelHead.direct),
              () => body.line(`(call $rows ${common(add(c, load(get(panel), 4 * (panelB + form.width))))})`),
              () => body.line(`(call $scatter ${common(c)} ${get(panel)} ${get('$s')})`),
            )
            bump(body, j, i32(1))
          })
          bump(body, k, i32(4 * kWords))
        })
        bump(body, batch, i32(4 * batchWords))
      })
      bump(body, '$r0', get(take))
    })
  })

/** Packs b for a whole region: cell = block of k and panel, or a few panels together. */
const packFunction = (form: Form, addresses: Addresses): string =>
  func('$pack', ['$d', '$r0', '$r1', '$s'], (body) => {
    const [j, k, count] = [body.local('i32'), body.local('i32'), body.local('i32')]
    const b = body.let('i32', add(word('b'), load(word('batchTable'), 4)))
    const cells = div(add(word('panels'), sub(word('packTogether'), i32(1))), word('packTogether'))
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      body.line(set(j, mul(rem(get('$r0'), cells), word('packTogether'))))
      body.line(set(k, add(word('kTable'), mul(div(get('$r0'), cells), i32(4 * kWords)))))
      body.line(set(count, min(word('packTogether'), sub(word('panels'), get(j)))))
      const runs = `${b} ${load(get(k), 8)} ${load(get(k), 12)} ${word('stepPack')}`
      const to = add(packBase(addresses), sharedAt(get(k), get(j), form))
      when(
        body,
        `(i32.gt_s ${word('packTogether')} (i32.const 1))`,
        () =>
          body.line(
            `(call $packColumns ${panelAt(get(j), form)} ${get(count)} ${runs} ${to} ${mul(load(get(k), 20), i32(4 * form.width))})`,
          ),
        () => body.line(`(call $packPanel ${panelAt(get(j), form)} ${runs} ${to})`),
      )
      bump(body, '$r0', i32(1))
    })
  })

/** `used`: walks that contracts of the plan name. */
export const contractFunctions = (form: Form, addresses: Addresses, used: readonly WalkName[]): string =>
  [
    microkernels(form, used),
    packPanel(form),
    packColumns(form),
    packRows(),
    rowsFunction(used),
    scatterFunction(form, addresses),
    contractFunction(form, addresses),
    packFunction(form, addresses),
  ].join('\n')

export { packRunWords, runWords }
