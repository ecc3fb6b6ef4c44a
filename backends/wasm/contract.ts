/**
 * Prepares a contract for the shared code: its descriptor and its memory needs. `contractChoice.ts` chooses how it runs;
 * `contractTables.ts` describes where its operands are.
 */
import type { Contract } from '../../src/plan/kernel.ts'
import { type Choice, choose } from './contractChoice.ts'
import { type Field, fields, modes, scratchBytes } from './contractFields.ts'
import { key, offsets, orient, product } from './contractLoops.ts'
import { batchTableOf, kTableOf, pairedRows, panelRowsOf, panelTableOf, stepsOf } from './contractTables.ts'
import { oddLines } from './memory.ts'
import { maxRows, walkNames } from './microkernel.ts'
import type { Pass, Place, Prepared } from './prepared.ts'

/** Maximum rows, columns and terms of a product that is computed while the next one is packed. */
const mostSmall = 64

/** The layout of packed operands: bytes from panel to panel, how much is packed at a time, total size. */
const packingOf = ({ o, mode, walk, blockK, groupRows, ahead, packings }: Choice, width: number) => {
  const panels = packings.length
  const [rows, k] = [product(o.groups) * product(o.m), product(o.k)]
  const kBlocks = Math.ceil(k / blockK)
  const pitchA = walk === 'panels' ? oddLines(4 * maxRows * blockK) : 0
  const packTogether = packings.every((p) => p === 'copy') ? Math.min(panels, 8) : 1
  const togetherA = Math.min(groupRows, 16 * maxRows)
  const blockA = ahead ? (groupRows / maxRows) * pitchA : 0
  const packBytes = ahead ? kBlocks * blockA : mode === 'shared' ? 4 * width * panels * k : 0
  const packing = (fn: string, extent: number): Pass => ({ fn, extent, work: (4 * packBytes) / extent })
  return {
    pitchA,
    pitchB: oddLines(4 * width * blockK),
    packTogether,
    togetherA,
    blockA,
    packBytes,
    before: ahead
      ? [packing('$packAhead', kBlocks * Math.ceil(rows / togetherA))]
      : mode === 'shared'
        ? [packing('$pack', kBlocks * Math.ceil(panels / packTogether))]
        : [],
  }
}

type PackingOf = ReturnType<typeof packingOf>

/** How a contract is divided: groups of rows, blocks of panels, blocks of k. */
interface Divided {
  readonly rows: number
  readonly groups: number
  readonly blocks: number
  readonly kBlocks: number
}

const dividedOf = ({ o, blockK, groupRows, blockPanels, packings }: Choice, own: boolean): Divided => {
  const rows = product(o.groups) * product(o.m)
  return {
    rows,
    groups: own ? Math.ceil(rows / groupRows) : product(o.groups),
    blocks: Math.ceil(packings.length / blockPanels),
    kBlocks: Math.ceil(product(o.k) / blockK),
  }
}

const valuesOf = (
  choice: Choice,
  divided: Divided,
  packing: PackingOf,
  width: number,
  place: Place,
): Readonly<Record<Field, number>> => {
  const { o, mode, walk, rowsLie, groupRows, blockPanels, packings } = choice
  const { stepA, stepB } = stepsOf(o)
  const rowLoops = [...o.groups, ...o.m]
  const rowTable = (of: 'a' | 'c'): number => place(`rows|${key(rowLoops, [of])}`, () => [...offsets(rowLoops, of)])
  const { pitchA, pitchB, packTogether, togetherA, blockA } = packing
  const batchTable = batchTableOf([...o.outer, ...o.batch], place)
  const panelTable = panelTableOf(o.n, packings, width, place)
  const kTable = kTableOf(choice, width, place)
  return {
    ...divided,
    a: o.a,
    b: o.b,
    c: o.c,
    groupRows,
    blockPanels,
    panels: packings.length,
    innerBatches: product(o.batch),
    batchTable,
    rowsA: rowsLie === 'pairs' ? pairedRows(rowLoops, divided.rows, place) : rowTable('a'),
    rowsC: rowTable('c'),
    panelTable,
    kTable,
    stepA,
    stepB: mode === 'direct' ? stepB : 4 * width,
    stepPack: stepB,
    pitchA,
    pitchB,
    pairsA: rowsLie === 'pairs' ? 1 : 0,
    togetherA,
    blockA,
    panelRows: panelRowsOf(choice, pitchA, place),
    packTogether,
    mode: modes[mode],
    walk: walkNames.indexOf(walk),
    packed: 0,
  }
}

/** A claim should hold a multiple of this many rows, so that groups of six rows stay whole. */
const unitOf = (groups: number, groupRows: number, own: boolean): number => {
  if (own || groups === 1 || groupRows % maxRows === 0) return 1
  return groupRows % 3 === 0 ? 2 : groupRows % 2 === 0 ? 3 : maxRows
}

/** Bytes of a thread's scratch. */
const scratchOf = (choice: Choice, { pitchA, pitchB }: PackingOf, small: boolean, width: number): number => {
  const { o, mode, walk, blockK, groupRows, blockPanels, ahead, packings } = choice
  if (walk === 'panels') {
    const ofA = ahead ? 0 : Math.ceil(groupRows / maxRows) * pitchA
    return scratchBytes(0, width) + (mode === 'block' ? blockPanels : 1) * pitchB + ofA
  }
  if (mode === 'block') return scratchBytes(0, width) + blockPanels * pitchB
  const terms = Math.min(product(o.k), blockK)
  return scratchBytes(mode === 'local' ? terms * (small ? 2 * packings.length : 1) : 0, width)
}

export const planContract = (
  x: Contract,
  address: (operand: { readonly buffer: number; readonly offset: number }) => number,
  own: boolean,
  shareable: { readonly a: boolean; readonly b: boolean },
  width: number,
  place: Place,
): Prepared => {
  const straight = choose(orient(x, false, own, address), own, shareable.b, width)
  const mayTurn = own || x.axes.slice(0, x.outer).every((l) => l.role === 'batch')
  const turned = mayTurn ? choose(orient(x, true, own, address), own, shareable.a, width) : straight
  const choice = turned.cost < straight.cost ? turned : straight
  const { o, mode, walk, groupRows, blockPanels } = choice
  const divided = dividedOf(choice, own)
  const packing = packingOf(choice, width)
  const values = valuesOf(choice, divided, packing, width, place)
  const [n, k] = [product(o.n), product(o.k)]
  const { rows, groups, blocks, kBlocks } = divided
  const one = groups * blocks * kBlocks === 1
  const small = mode === 'local' && walk !== 'panels' && one && Math.max(rows, n, k) <= mostSmall
  return {
    fn: small ? '$small' : '$contract',
    walks: [walk],
    words: (packed) => fields.map((f) => (f === 'packed' ? packed : values[f])),
    extent: product(o.outer) * groups * blocks,
    work: product(o.batch) * Math.min(rows, groupRows) * Math.min(n, blockPanels * width) * k,
    must: 1,
    unit: unitOf(groups, groupRows, own),
    firm: false,
    before: packing.before,
    packBytes: packing.packBytes,
    scratch: scratchOf(choice, packing, small, width),
  }
}
