/**
 * WebAssembly text of the loops around the microkernel, shared by every contract of a plan: cells -> batches -> blocks
 * of k -> panels of columns -> groups of rows. All shapes and layouts come from the descriptor that `contract.ts` makes.
 */
import { type Addresses, batchWords, kWords, modes, panelAt, scratchTile, word } from './contractFields.ts'
import { type Form, maxRows, microkernels, type WalkName, walkNames } from './microkernel.ts'
import { packColumns, packPanel, packRows, panelB, panelHead } from './pack.ts'
import { rowsFunction, scatterFunction } from './rowsCode.ts'
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

/** Byte offset of block `k`, panel `j` in a shared packed b. */
const sharedAt = (k: string, j: string, { width }: Form): string =>
  mul(add(mul(load(k, 16), word('panels')), mul(j, load(k, 20))), i32(4 * width))
const packBase = ({ packArea }: Addresses): string => add(load(i32(packArea)), word('packed'))

/** Packs `count` rows of a, from row `m` on, of the block `k`. */
const packRowsOf = (m: string, count: string, a: string, k: string, to: string): string =>
  `(call $packRows ${add(word('rowsA'), mul(m, i32(4)))} ${count} ${a} ${load(k, 24)} ${load(k, 28)} ${word('stepA')} ${to} ${word('pitchA')} ${word('pairsA')})`

const contractFunction = (form: Form, addresses: Addresses): string =>
  func('$contract', ['$d', '$r0', '$r1', '$s'], (body: Body) => {
    const [q, group, take, m0, m1] = body.locals('i32', 5)
    const [from, to, tableA, tableC, sourceA, aheadA] = body.locals('i32', 6)
    const [j, j0, j1, batch, k, kEnd, panel, b] = body.locals('i32', 8)
    const mode = body.let('i32', word('mode'))
    const packsRows = `(i32.eq ${word('walk')} ${i32(walkNames.indexOf('panels'))})`
    const is = (m: keyof typeof modes): string => `(i32.eq ${mode} ${i32(modes[m])})`
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      body.line(set(q, div(get('$r0'), word('blocks'))))
      body.line(set(group, rem(get(q), word('groups'))))
      body.line(set(take, i32(1)))
      // several groups at once, except where rows are packed: their panels hold one
      when(body, `(i32.and (i32.eq ${word('blocks')} (i32.const 1)) (i32.eqz ${packsRows}))`, () =>
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
        body.line(set(aheadA, packBase(addresses)))
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
            when(
              body,
              word('blockA'),
              () => {
                body.line(set(sourceA, get(aheadA)))
                bump(body, aheadA, word('blockA'))
              },
              () => {
                const panelsB = `(select ${sub(get(j1), get(j0))} (i32.const 1) ${is('block')})`
                body.line(set(sourceA, add(get('$s'), i32(scratchTile), mul(panelsB, word('pitchB')))))
                body.line(packRowsOf(get(m0), sub(get(m1), get(m0)), a, get(k), get(sourceA)))
              },
            )
            body.line(set(from, i32(0)))
            body.line(set(to, sub(get(m1), get(m0))))
            body.line(set(tableA, word('panelRows')))
            bump(body, tableC, mul(get(m0), i32(4)))
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
    const [j, k, count] = body.locals('i32', 3)
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

/** Packs a for a whole region: cell = block of k and a few groups of rows. */
const packAheadFunction = (addresses: Addresses): string =>
  func('$packAhead', ['$d', '$r0', '$r1', '$s'], (body) => {
    const [m, k, block] = body.locals('i32', 3)
    const a = body.let('i32', add(word('a'), load(word('batchTable'))))
    const cells = div(add(word('rows'), sub(word('togetherA'), i32(1))), word('togetherA'))
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      body.line(set(m, mul(rem(get('$r0'), cells), word('togetherA'))))
      body.line(set(block, div(get('$r0'), cells)))
      body.line(set(k, add(word('kTable'), mul(get(block), i32(4 * kWords)))))
      const count = min(word('togetherA'), sub(word('rows'), get(m)))
      const to = add(
        packBase(addresses),
        mul(get(block), word('blockA')),
        mul(div(get(m), i32(maxRows)), word('pitchA')),
      )
      body.line(packRowsOf(get(m), count, a, get(k), to))
      bump(body, '$r0', i32(1))
    })
  })

/** `used`: walks used by the contracts of the plan. */
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
    packAheadFunction(addresses),
  ].join('\n')
