/**
 * WebAssembly text of the loops around the microkernel, shared by every contract of a plan: cells -> batches -> blocks
 * of k -> panels of columns -> groups of rows. All shapes and layouts come from the descriptor that `contract.ts` makes.
 */
import { type ContractContext, contractContext } from './contractContext.ts'
import { type Addresses, batchWords, kWords, word } from './contractFields.ts'
import { locatePanel, packBlock, packedRows, rowsInPlace } from './contractOperands.ts'
import { type Form, microkernels, type WalkName } from './microkernel.ts'
import { packColumns, packPanel, packRows, panelB, panelHead } from './pack.ts'
import { packAheadFunction, packBase, packFunction } from './packAheadCode.ts'
import { rowsFunction, scatterFunction } from './rowsCode.ts'
import { add, bump, div, func, get, i32, load, loopWhile, min, mul, rem, repeat, set, sub, when } from './wat.ts'

/** The operands of one batch. */
interface Batch {
  readonly a: string
  readonly b: string
  readonly c: string
}

/** Sets the batch, rows and panels of the cell `$r0`. */
const locateCell = ({ body, packsRows, locals }: ContractContext): void => {
  const { q, group, take, m0, m1, j0, j1, batch } = locals
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
  const first = mul(mul(div(get(q), word('groups')), word('innerBatches')), i32(4 * batchWords))
  body.line(set(batch, add(word('batchTable'), first)))
}

/** The product of the rows and a panel, into c directly or through the scratch tile; `later`: c has earlier terms. */
const multiply = ({ body, form, locals }: ContractContext, c: string, later: string): void => {
  const { from, to, tableA, tableC, sourceA, k, panel, b } = locals
  const args = (target: string): string =>
    [
      ...[from, to, tableA, sourceA, b, tableC].map(get),
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
    () => body.line(`(call $rows ${args(add(c, load(get(panel), 4 * (panelB + form.width))))})`),
    () => body.line(`(call $scatter ${args(c)} ${get(panel)} ${get('$s')})`),
  )
}

/** One block of k: packs what the cell packs, then multiplies panel by panel. */
const blockOfK = (context: ContractContext, { a, b, c }: Batch): void => {
  const { body, is, packsRows, locals } = context
  const { j, j0, j1, k } = locals
  body.line(set(j, get(j0)))
  const later = body.let('i32', load(get(k), 16))
  rowsInPlace(context, a)
  when(body, is('block'), () => packBlock(context, b))
  when(body, packsRows, () => packedRows(context, a))
  loopWhile(body, `(i32.lt_s ${get(j)} ${get(j1)})`, () => {
    locatePanel(context, b)
    multiply(context, c, later)
    bump(body, j, i32(1))
  })
}

/** One batch of the cell, block by block of k. */
const oneBatch = (context: ContractContext): void => {
  const { body, addresses, locals } = context
  const { batch, k, kEnd, aheadA } = locals
  const a = body.let('i32', add(word('a'), load(get(batch))))
  const b = body.let('i32', add(word('b'), load(get(batch), 4)))
  const c = body.let('i32', add(word('c'), load(get(batch), 8)))
  body.line(set(k, word('kTable')))
  body.line(set(kEnd, add(get(k), mul(word('kBlocks'), i32(4 * kWords)))))
  body.line(set(aheadA, packBase(addresses)))
  loopWhile(body, `(i32.lt_u ${get(k)} ${get(kEnd)})`, () => {
    blockOfK(context, { a, b, c })
    bump(body, k, i32(4 * kWords))
  })
}

const contractFunction = (form: Form, addresses: Addresses): string =>
  func('$contract', ['$d', '$r0', '$r1', '$s'], (body) => {
    const context = contractContext(body, form, addresses)
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      locateCell(context)
      repeat(body, word('innerBatches'), () => {
        oneBatch(context)
        bump(body, context.locals.batch, i32(4 * batchWords))
      })
      bump(body, '$r0', get(context.locals.take))
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
