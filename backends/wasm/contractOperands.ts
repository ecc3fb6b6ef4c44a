/** Where a contract's cell reads rows of a and panels of b: in place, packed by itself, or packed before the region. */
import type { ContractContext } from './contractContext.ts'
import { panelAt, scratchTile, word } from './contractFields.ts'
import { panelB } from './pack.ts'
import { packBase, packRowsOf, packRuns, sharedAt } from './packAheadCode.ts'
import { add, bump, get, i32, load, mul, set, sub, when } from './wat.ts'

/** This thread's room for packed panels. */
const scratchPanels = (...offset: readonly string[]): string => add(get('$s'), i32(scratchTile), ...offset)

/** Where a's rows are read, if they are not packed. */
export const rowsInPlace = ({ body, locals }: ContractContext, a: string): void => {
  const { from, to, m0, m1, tableA, tableC, sourceA } = locals
  body.line(set(from, get(m0)))
  body.line(set(to, get(m1)))
  body.line(set(tableA, word('rowsA')))
  body.line(set(tableC, word('rowsC')))
  body.line(set(sourceA, a))
}

/** Packs all panels of the cell. */
export const packBlock = ({ body, form, locals }: ContractContext, b: string): void => {
  const { j0, j1, k } = locals
  body.line(
    `(call $packColumns ${panelAt(get(j0), form)} ${sub(get(j1), get(j0))} ${b} ${packRuns(get(k))} ${scratchPanels()} ${word('pitchB')})`,
  )
}

/** Packs the cell's rows of a, unless that was done before the region, and reads them from there. */
export const packedRows = ({ body, is, locals }: ContractContext, a: string): void => {
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
export const locatePanel = ({ body, form, addresses, is, locals }: ContractContext, source: string): void => {
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
