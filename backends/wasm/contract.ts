/**
 * Makes a contract ready for the shared code: its descriptor, and the offset tables that alone know layout. How it runs
 * is chosen in `contractChoice.ts`.
 */
import type { Contract } from '../../src/lower/kernel.ts'
import { choose } from './contractChoice.ts'
import { type Field, fields, modes, scratchBytes } from './contractFields.ts'
import { key, type Loop, offsets, orient, product, runsOf } from './contractLoops.ts'
import { oddLines } from './memory.ts'
import { maxRows, walkNames } from './microkernel.ts'
import { packingCode } from './pack.ts'
import type { Place, Prepared, Step } from './prepared.ts'

/** Rows, columns and terms of a product that is computed while the next one is packed. */
const mostSmall = 64

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
  const { o, mode, walk, rowsLie, blockK, groupRows, blockPanels, ahead, packings } =
    turned.cost < straight.cost ? turned : straight
  const rowLoops = [...o.groups, ...o.m]
  const batchLoops = [...o.outer, ...o.batch]
  const [rows, n, k] = [product(rowLoops), product(o.n), product(o.k)]
  const panels = packings.length
  const [stepA, stepB] = [4 * (o.k.at(-1)?.a ?? 0), 4 * (o.k.at(-1)?.b ?? 0)]

  const table = (kind: string, loops: readonly Loop[], of: 'a' | 'b' | 'c'): number =>
    place(`${kind}|${key(loops, [of])}`, () => [...offsets(loops, of)])
  /** Whole groups of rows: packing pairs reads an offset for each pair of the last group. */
  const pairedRows = (): number =>
    place(`pairs|${key(rowLoops, ['a'])}`, () => {
      const at = [...offsets(rowLoops, 'a')]
      const last = at.at(rows % 2 === 0 ? -2 : -1) ?? 0
      return [...at, ...Array.from({ length: maxRows }, () => last)]
    })
  const batchTable = place(`batch|${key(batchLoops, ['a', 'b', 'c'])}`, () => {
    const [a, b, c] = [offsets(batchLoops, 'a'), offsets(batchLoops, 'b'), offsets(batchLoops, 'c')]
    return Array.from(a).flatMap((s, i) => [s, b[i] ?? 0, c[i] ?? 0])
  })
  const panelTable = place(`panels|${width}|${key(o.n, ['b', 'c'])}|${packings.join(',')}`, () => {
    const [b, c] = [offsets(o.n, 'b'), offsets(o.n, 'c')]
    return packings.flatMap((packing, j) => {
      const count = Math.min(width, n - j * width)
      const columns = Array.from({ length: width }, (_, i) => j * width + Math.min(i, count - 1))
      const direct = count === width && columns.every((i) => (c[i] ?? 0) - (c[j * width] ?? 0) === 4 * (i - j * width))
      return [
        direct ? 1 : 0,
        packingCode[packing],
        count,
        ...columns.map((i) => b[i] ?? 0),
        ...columns.map((i) => c[i] ?? 0),
      ]
    })
  })
  const kBlocks = Math.ceil(k / blockK)
  const blockKey = `${width}|${mode}|${walk}|${blockK}|${key(o.k, ['a', 'b'])}`
  const kTable = place(`k|${blockKey}`, () => {
    const [a, b] = [offsets(o.k, 'a'), offsets(o.k, 'b')]
    const blocks = Array.from({ length: kBlocks }, (_, i) => [i * blockK, Math.min(k, (i + 1) * blockK)] as const)
    const reads = blocks.map(([from, to]) =>
      walk === 'panels'
        ? [0, 0, to - from]
        : runsOf(
            from,
            to,
            mode === 'direct'
              ? [
                  [a, stepA],
                  [b, stepB],
                ]
              : [[a, stepA]],
          ).flatMap(([s, length]) => [a[s] ?? 0, mode === 'direct' ? (b[s] ?? 0) : 4 * width * (s - from), length]),
    )
    const packs = blocks.map(([from, to]) =>
      mode === 'direct' ? [] : runsOf(from, to, [[b, stepB]]).flatMap(([s, length]) => [b[s] ?? 0, length]),
    )
    const packsA = blocks.map(([from, to]) =>
      walk === 'panels' ? runsOf(from, to, [[a, stepA]]).flatMap(([s, length]) => [a[s] ?? 0, length]) : [],
    )
    const lists = [...reads, ...packs, ...packsA]
    const lengths = lists.map((r) => 4 * r.length)
    const start = place(`runs|${blockKey}`, () => lists.flat())
    let end = start
    const starts = lengths.map((length) => {
      end += length
      return end - length
    })
    return blocks.flatMap(([from, to], i) => {
      const span = (j: number): readonly number[] => [starts[j] ?? 0, (starts[j] ?? 0) + (lengths[j] ?? 0)]
      return [...span(i), ...span(kBlocks + i), from, to - from, ...span(2 * kBlocks + i)]
    })
  })
  const pitchA = walk === 'panels' ? oddLines(4 * maxRows * blockK) : 0
  const packTogether = packings.every((p) => p === 'copy') ? Math.min(panels, 8) : 1
  const pitchB = oddLines(4 * width * blockK)
  const togetherA = Math.min(groupRows, 16 * maxRows)
  const blockA = ahead ? (groupRows / maxRows) * pitchA : 0
  const groups = own ? Math.ceil(rows / groupRows) : product(o.groups)
  const blocks = Math.ceil(panels / blockPanels)
  const values: Readonly<Record<Field, number>> = {
    a: o.a,
    b: o.b,
    c: o.c,
    groups,
    groupRows,
    rows,
    blocks,
    blockPanels,
    panels,
    innerBatches: product(o.batch),
    batchTable,
    rowsA: rowsLie === 'pairs' ? pairedRows() : table('rows', rowLoops, 'a'),
    rowsC: table('rows', rowLoops, 'c'),
    panelTable,
    kTable,
    kBlocks,
    stepA,
    stepB: mode === 'direct' ? stepB : 4 * width,
    stepPack: stepB,
    pitchA,
    pitchB,
    pairsA: rowsLie === 'pairs' ? 1 : 0,
    togetherA,
    blockA,
    panelRows:
      walk === 'panels'
        ? place(`panelRows|${groupRows}|${pitchA}`, () =>
            Array.from({ length: groupRows }, (_, i) => Math.floor(i / maxRows) * pitchA + 4 * (i % maxRows)),
          )
        : 0,
    packTogether,
    mode: modes[mode],
    walk: walkNames.indexOf(walk),
    packed: 0,
  }
  const packsB = kBlocks * Math.ceil(panels / packTogether)
  const packsA = kBlocks * Math.ceil(rows / togetherA)
  const packBytes = ahead ? kBlocks * blockA : mode === 'shared' ? 4 * width * panels * k : 0
  const packing = (fn: string, extent: number): Step => ({ fn, extent, work: (4 * packBytes) / extent })
  const small =
    mode === 'local' && walk !== 'panels' && groups * blocks * kBlocks === 1 && Math.max(rows, n, k) <= mostSmall
  return {
    fn: small ? '$small' : '$contract',
    walks: [walk],
    words: (packed) => fields.map((f) => (f === 'packed' ? packed : values[f])),
    extent: product(o.outer) * groups * blocks,
    work: product(o.batch) * Math.min(rows, groupRows) * Math.min(n, blockPanels * width) * k,
    must: 1,
    unit:
      own || groups === 1 || groupRows % maxRows === 0
        ? 1
        : groupRows % 3 === 0
          ? 2
          : groupRows % 2 === 0
            ? 3
            : maxRows,
    firm: false,
    before: ahead ? [packing('$packAhead', packsA)] : mode === 'shared' ? [packing('$pack', packsB)] : [],
    packBytes,
    scratch:
      walk === 'panels'
        ? scratchBytes(0, width) +
          (mode === 'block' ? blockPanels : 1) * pitchB +
          (ahead ? 0 : Math.ceil(groupRows / maxRows) * pitchA)
        : scratchBytes(mode === 'local' ? Math.min(k, blockK) * (small ? 2 * panels : 1) : 0, width),
  }
}
