/** The tables of a contract, which encode its layout: rows, batches, panels of columns, blocks of terms. */
import { at } from '../../src/tensor/axes.ts'
import type { Choice } from './contractChoice.ts'
import { type ContractAxis, key, type Oriented, offsets, product, runsOf } from './contractLoops.ts'
import { maxRows } from './microkernel.ts'
import { type Packing, packingCode } from './pack.ts'
import type { Place } from './prepared.ts'

/** Whole groups of rows: packing pairs reads an offset for each pair of the last group. */
export const pairedRows = (rowLoops: readonly ContractAxis[], rows: number, place: Place): number =>
  place(`pairs|${key(rowLoops, ['a'])}`, () => {
    const all = [...offsets(rowLoops, 'a')]
    const last = at(all, all.length - (rows % 2 === 0 ? 2 : 1))
    return [...all, ...Array.from({ length: maxRows }, () => last)]
  })

/** Offset of every batch in a, b and c. */
export const batchTableOf = (loops: readonly ContractAxis[], place: Place): number =>
  place(`batch|${key(loops, ['a', 'b', 'c'])}`, () => {
    const [a, b, c] = [offsets(loops, 'a'), offsets(loops, 'b'), offsets(loops, 'c')]
    return Array.from(a).flatMap((s, i) => [s, at(b, i), at(c, i)])
  })

/** A record of every panel of columns: how it is packed, and the offsets of its columns in b and in c. */
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
      const direct = count === width && columns.every((i) => at(c, i) - at(c, j * width) === 4 * (i - j * width))
      return [
        direct ? 1 : 0,
        packingCode[packing],
        count,
        ...columns.map((i) => at(b, i)),
        ...columns.map((i) => at(c, i)),
      ]
    })
  })

/** Stride of k in bytes in an operand in place. */
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
            at(a, s),
            mode === 'direct' ? at(b, s) : 4 * width * (s - from),
            length,
          ]),
    )
    const packs = blocks.map(([from, to]) =>
      mode === 'direct' ? [] : runsOf(from, to, [[b, stepB]]).flatMap(([s, length]) => [at(b, s), length]),
    )
    const packsA = blocks.map(([from, to]) =>
      walk === 'panels' ? runsOf(from, to, [[a, stepA]]).flatMap(([s, length]) => [at(a, s), length]) : [],
    )
    const lists = [...reads, ...packs, ...packsA]
    const start = place(`runs|${blockKey}`, () => lists.flat())
    const spans = spansOf(lists, start)
    return blocks.flatMap(([from, to], i) => [
      ...at(spans, i),
      ...at(spans, kBlocks + i),
      from,
      to - from,
      ...at(spans, 2 * kBlocks + i),
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

/** Offset of each row of a packed group in its panels. */
export const panelRowsOf = ({ walk, groupRows }: Choice, pitchA: number, place: Place): number =>
  walk === 'panels'
    ? place(`panelRows|${groupRows}|${pitchA}`, () =>
        Array.from({ length: groupRows }, (_, i) => Math.floor(i / maxRows) * pitchA + 4 * (i % maxRows)),
      )
    : 0
