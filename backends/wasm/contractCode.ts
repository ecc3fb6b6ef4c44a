/**
 * WebAssembly text of the loops around the microkernel, shared by every contract of a plan: cells -> batches -> blocks
 * of k -> panels of columns -> groups of rows. All shapes and layouts come from the descriptor that `contract.ts` makes.
 */
import { type Addresses, batchWords, kWords, modes, panelAt, scratchTile, word } from './contractFields.ts'
import { type Form, microkernels, type WalkName, walkNames } from './microkernel.ts'
import { packColumns, packPanel, packRows, panelB, panelHead } from './pack.ts'
import { packAheadFunction, packBase, packFunction, packRowsOf, packRuns, sharedAt } from './packAheadCode.ts'
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

type Mode = keyof typeof modes

/** The names of the function's locals. */
interface Locals {
  /** The cell's batch and first group of rows, how many groups it takes, its rows [m0, m1). */
  readonly q: string
  readonly group: string
  readonly take: string
  readonly m0: string
  readonly m1: string
  /** Rows of a block of k, where a and c have their offsets, and a itself, which may be packed. */
  readonly from: string
  readonly to: string
  readonly tableA: string
  readonly tableC: string
  readonly sourceA: string
  /** The next block of an a that is packed before the region. */
  readonly aheadA: string
  /** A panel of columns, among [j0, j1). */
  readonly j: string
  readonly j0: string
  readonly j1: string
  /** Records of a batch, of a block of k among those before `kEnd`, of a panel. */
  readonly batch: string
  readonly k: string
  readonly kEnd: string
  readonly panel: string
  /** b as the microkernel reads it. */
  readonly b: string
}

const localsOf = (body: Body): Locals => {
  const [q, group, take, m0, m1] = body.locals('i32', 5)
  const [from, to, tableA, tableC, sourceA, aheadA] = body.locals('i32', 6)
  const [j, j0, j1, batch, k, kEnd, panel, b] = body.locals('i32', 8)
  return { q, group, take, m0, m1, from, to, tableA, tableC, sourceA, aheadA, j, j0, j1, batch, k, kEnd, panel, b }
}

/** What the loops share while they are being written. */
interface ContractContext {
  readonly body: Body
  readonly form: Form
  readonly addresses: Addresses
  readonly locals: Locals
  /** Conditions: how b is read; whether rows of a are packed. */
  readonly is: (mode: Mode) => string
  readonly packsRows: string
}

/** The operands of one batch. */
interface Batch {
  readonly a: string
  readonly b: string
  readonly c: string
}

/** This thread's room for packed panels. */
const scratchPanels = (...offset: readonly string[]): string => add(get('$s'), i32(scratchTile), ...offset)

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

/** Where a's rows are read, if they are not packed. */
const rowsInPlace = ({ body, locals }: ContractContext, a: string): void => {
  const { from, to, m0, m1, tableA, tableC, sourceA } = locals
  body.line(set(from, get(m0)))
  body.line(set(to, get(m1)))
  body.line(set(tableA, word('rowsA')))
  body.line(set(tableC, word('rowsC')))
  body.line(set(sourceA, a))
}

/** Packs all panels of the cell. */
const packBlock = ({ body, form, locals }: ContractContext, b: string): void => {
  const { j0, j1, k } = locals
  body.line(
    `(call $packColumns ${panelAt(get(j0), form)} ${sub(get(j1), get(j0))} ${b} ${packRuns(get(k))} ${scratchPanels()} ${word('pitchB')})`,
  )
}

/** Packs the cell's rows of a, unless that was done before the region, and reads them from there. */
const packedRows = ({ body, is, locals }: ContractContext, a: string): void => {
  const { from, to, m0, m1, j0, j1, k, tableA, tableC, sourceA, aheadA } = locals
  when(
    body,
    word('blockA'),
    () => {
      body.line(set(sourceA, get(aheadA)))
      bump(body, aheadA, word('blockA'))
    },
    () => {
      const panelsB = `(select ${sub(get(j1), get(j0))} (i32.const 1) ${is('block')})`
      body.line(set(sourceA, scratchPanels(mul(panelsB, word('pitchB')))))
      body.line(packRowsOf(get(m0), sub(get(m1), get(m0)), a, get(k), get(sourceA)))
    },
  )
  body.line(set(from, i32(0)))
  body.line(set(to, sub(get(m1), get(m0))))
  body.line(set(tableA, word('panelRows')))
  bump(body, tableC, mul(get(m0), i32(4)))
}

/** Finds the panel in b, or packs it. */
const locatePanel = ({ body, form, addresses, is, locals }: ContractContext, source: string): void => {
  const { j, j0, k, panel, b } = locals
  const inPlace = (): void => body.line(set(b, add(source, load(get(panel), 4 * panelB))))
  const inBlock = (): void => body.line(set(b, scratchPanels(mul(sub(get(j), get(j0)), word('pitchB')))))
  const packed = (): void => {
    body.line(set(b, scratchPanels()))
    body.line(`(call $packPanel ${get(panel)} ${source} ${packRuns(get(k))} ${get(b)})`)
  }
  const shared = (): void => body.line(set(b, add(packBase(addresses), sharedAt(get(k), get(j), form))))
  const unpacked = (): void => when(body, is('block'), inBlock, inPlace)
  body.line(set(panel, panelAt(get(j), form)))
  when(body, is('shared'), shared, () => when(body, is('local'), packed, unpacked))
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
    const locals = localsOf(body)
    const mode = body.let('i32', word('mode'))
    const context: ContractContext = {
      body,
      form,
      addresses,
      locals,
      is: (name) => `(i32.eq ${mode} ${i32(modes[name])})`,
      packsRows: `(i32.eq ${word('walk')} ${i32(walkNames.indexOf('panels'))})`,
    }
    loopWhile(body, `(i32.lt_s ${get('$r0')} ${get('$r1')})`, () => {
      locateCell(context)
      repeat(body, word('innerBatches'), () => {
        oneBatch(context)
        bump(body, locals.batch, i32(4 * batchWords))
      })
      bump(body, '$r0', get(locals.take))
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
