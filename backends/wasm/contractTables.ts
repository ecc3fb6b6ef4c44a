/** The tables of a contract, which alone know layout: rows, batches, panels of columns, blocks of terms. */
import type { Choice } from './contractChoice.ts'
import { type ContractAxis, key, type Oriented, offsets, product, runsOf } from './contractLoops.ts'
import { maxRows } from './microkernel.ts'
import { type Packing, packingCode } from './pack.ts'
import type { Place } from './prepared.ts'

/** Whole groups of rows: packing pairs reads an offset for each pair of the last group. */
export const pairedRows = (rowLoops: readonly ContractAxis[], rows: number, place: Place): number =>
  place(`pairs|${key(rowLoops, ['a'])}`, () => {
    const at = [...offsets(rowLoops, 'a')]
    const last = at.at(rows % 2 === 0 ? -2 : -1) ?? 0
    return [...at, ...Array.from({ length: maxRows }, () => last)]
  })

/** Where every batch begins in a, b and c. */
export const batchTableOf = (loops: readonly ContractAxis[], place: Place): number =>
  place(`batch|${key(loops, ['a', 'b', 'c'])}`, () => {
    const [a, b, c] = [offsets(loops, 'a'), offsets(loops, 'b'), offsets(loops, 'c')]
    return Array.from(a).flatMap((s, i) => [s, b[i] ?? 0, c[i] ?? 0])
  })

/** A record of every panel of columns: how it is packed, and where its columns lie in b and in c. */
export const panelTableOf = (
  loops: readonly ContractAxis[],
  packings: readonly Packing[],
  width: number,
  place: Place,
): number =>
  place(`panels|${width}|${key(loops, ['b', 'c'])}|${packings.join(',')}`, () => {
    const n = product(loops)
    const [b, c] = [offsets(loops, 'b'), offsets(loops, 'c')]
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

/** Bytes a step of k in an operand as it lies. */
export const stepsOf = ({ k }: Oriented) => ({ stepA: 4 * (k.at(-1)?.a ?? 0), stepB: 4 * (k.at(-1)?.b ?? 0) })

/** Blocks of k: for each the runs that the microkernel reads, those that pack b and those that pack a. */
export const kTableOf = ({ o, mode, walk, blockK }: Choice, width: number, place: Place): number => {
  const k = product(o.k)
  const { stepA, stepB } = stepsOf(o)
  const kBlocks = Math.ceil(k / blockK)
  const blockKey = `${width}|${mode}|${walk}|${blockK}|${key(o.k, ['a', 'b'])}`
  return place(`k|${blockKey}`, () => {
    const [a, b] = [offsets(o.k, 'a'), offsets(o.k, 'b')]
    const blocks = Array.from({ length: kBlocks }, (_, i) => [i * blockK, Math.min(k, (i + 1) * blockK)] as const)
    const reading =
      mode === 'direct'
        ? ([
            [a, stepA],
            [b, stepB],
          ] as const)
        : ([[a, stepA]] as const)
    const reads = blocks.map(([from, to]) =>
      walk === 'panels'
        ? [0, 0, to - from]
        : runsOf(from, to, reading).flatMap(([s, length]) => [
            a[s] ?? 0,
            mode === 'direct' ? (b[s] ?? 0) : 4 * width * (s - from),
            length,
          ]),
    )
    const packs = blocks.map(([from, to]) =>
      mode === 'direct' ? [] : runsOf(from, to, [[b, stepB]]).flatMap(([s, length]) => [b[s] ?? 0, length]),
    )
    const packsA = blocks.map(([from, to]) =>
      walk === 'panels' ? runsOf(from, to, [[a, stepA]]).flatMap(([s, length]) => [a[s] ?? 0, length]) : [],
    )
    const lists = [...reads, ...packs, ...packsA]
    const start = place(`runs|${blockKey}`, () => lists.flat())
    const spans = spansOf(lists, start)
    return blocks.flatMap(([from, to], i) => [
      ...(spans[i] ?? []),
      ...(spans[kBlocks + i] ?? []),
      from,
      to - from,
      ...(spans[2 * kBlocks + i] ?? []),
    ])
  })
}

/** First byte of every list of words, and the one behind it, where they lie one after another. */
export const spansOf = (lists: readonly ArrayLike<number>[], start: number): readonly (readonly [number, number])[] => {
  let end = start
  return lists.map((list) => {
    const from = end
    end += 4 * list.length
    return [from, end]
  })
}

/** Where each row of a packed group lies in its panels. */
export const panelRowsOf = ({ walk, groupRows }: Choice, pitchA: number, place: Place): number =>
  walk === 'panels'
    ? place(`panelRows|${groupRows}|${pitchA}`, () =>
        Array.from({ length: groupRows }, (_, i) => Math.floor(i / maxRows) * pitchA + 4 * (i % maxRows)),
      )
    : 0
