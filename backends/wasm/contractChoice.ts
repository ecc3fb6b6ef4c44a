/**
 * How a contract runs: which operand is read in place and which is packed, by which walk, in blocks of which size, and
 * what that is estimated to cost. Everything follows from shapes, never from the number of threads.
 */
import type { modes } from './contractFields.ts'
import { type Oriented, offsets, product } from './contractLoops.ts'
import { maxRows, type WalkName } from './microkernel.ts'
import type { Packing } from './pack.ts'

type Mode = keyof typeof modes

type RowsLie = 'beside' | 'pairs' | 'apart'

export interface Choice {
  readonly o: Oriented
  readonly mode: Mode
  readonly walk: WalkName
  readonly rowsLie: RowsLie
  readonly blockK: number
  readonly groupRows: number
  readonly blockPanels: number
  readonly cost: number
  readonly packings: readonly Packing[]
}

const even = (total: number, most: number): number => Math.ceil(total / Math.ceil(total / most))
const roundUp = (x: number, to: number): number => Math.ceil(x / to) * to

const packCycles: Readonly<Record<Packing, number>> = { copy: 0.15, transpose: 0.3, gather: 1.2 }

export const choose = (o: Oriented, own: boolean, shareable: boolean, width: number): Choice => {
  const [rows, n, k] = [product(o.groups) * product(o.m), product(o.n), product(o.k)]
  const batches = product(o.outer) * product(o.batch)
  const panels = Math.ceil(n / width)
  const [columnB, columnC] = [offsets(o.n, 'b'), offsets(o.n, 'c')]
  const beside = (t: Int32Array, j: number, full: boolean): boolean => {
    const count = Math.min(width, n - j * width)
    const first = t[j * width] ?? 0
    return (!full || count === width) && t.subarray(j * width, j * width + count).every((x, i) => x - first === 4 * i)
  }
  const stepB = o.k.at(-1)?.b ?? 0
  const packings = Array.from(
    { length: panels },
    (_, j): Packing => (beside(columnB, j, false) ? 'copy' : stepB === 1 ? 'transpose' : 'gather'),
  )
  const scattered = Array.from({ length: panels }, (_, j) => beside(columnC, j, true)).filter((x) => !x).length
  const copied = packings.every((p) => p === 'copy')
  const same = [...o.outer, ...o.batch].every((l) => l.b === 0)
  // cells: enough of them to share out, large enough to be worth a call, whole groups of six rows
  const few = batches < 8
  const packing = packings.reduce((sum, p) => sum + packCycles[p] * width * k, 0)
  const wide = own && few && rows * k * n > 1e5
  const groupRows = !own
    ? product(o.m)
    : wide
      ? Math.min(96, Math.max(24, roundUp(rows / 24, maxRows)))
      : rows <= 192
        ? rows
        : 96
  const cells = Math.ceil(rows / groupRows)
  const shared = shareable && same && batches * rows >= 24 && (!own || cells * batches > 4) && k * n <= 1 << 24
  const long = k > 2048 && k * n > 1 << 18
  const mode: Mode =
    shared && !(own && few && long && rows < k) ? 'shared' : copied && batches > 1 && rows <= 48 ? 'direct' : 'local'
  const inner = o.k.at(-1)?.size ?? 1
  const blockK =
    mode === 'direct'
      ? k
      : mode === 'shared'
        ? k <= 1536
          ? k
          : even(k, 1024)
        : k <= 512
          ? k
          : inner <= 128
            ? inner * Math.max(1, Math.floor(128 / inner))
            : 128
  const [stepA, rowA] = [o.k.at(-1)?.a ?? 1, o.m.at(-1)?.a ?? 1]
  const panelRows = roundUp(even(rows, few ? 96 : 512), maxRows)
  const free = own || (product(o.groups) === 1 && panelRows >= rows)
  const panelK = Math.max(48, Math.min(256, Math.floor(panelNumbers / panelRows)))
  const rowsLie = o.groups.length === 0 || own ? layOf(o, panelRows) : 'apart'
  if (mode !== 'direct' && stepA !== 1 && rows >= 24 && k >= 48 && free && rowsLie !== 'apart') {
    const blocks = few && own ? Math.min(panels, Math.max(1, Math.ceil((8 * panelRows) / rows))) : 1
    const [cells, kBlocks] = [batches * Math.ceil(rows / panelRows), Math.ceil(k / panelK)]
    return {
      o,
      mode: copied && mode === 'local' ? 'block' : mode,
      walk: 'panels',
      rowsLie,
      blockK: even(k, panelK),
      groupRows: panelRows,
      blockPanels: Math.ceil(panels / blocks),
      packings,
      cost:
        batches * Math.ceil(rows / maxRows) * panels * (6 * k + 40 * kBlocks) +
        batches * rows * ((n * scattered) / panels) * 2.5 * kBlocks +
        cells * (packing + 0.4 * k * panelRows * blocks),
    }
  }
  // where every cell packs for itself, columns are shared out first
  const byColumns = own && few && mode === 'local'
  const blocks = byColumns ? Math.min(panels, 4) : 1
  const localRows = byColumns ? (blocks >= 4 ? rows : roundUp(rows / Math.ceil(8 / blocks), maxRows)) : groupRows
  const kBlocks = Math.ceil(k / blockK)
  const slow = Math.abs(stepA) > 1 && Math.abs(rowA) > 1 ? 2 : 1
  const packs = mode === 'direct' ? 0 : mode === 'shared' ? 1 : batches * Math.ceil(rows / localRows)
  const cost =
    batches * Math.ceil(rows / maxRows) * panels * (6 * k * slow + 30 * kBlocks) +
    batches * rows * ((n * scattered) / panels) * 2.5 * kBlocks +
    packs * packing
  const walk = mode !== 'direct' && stepA === 1 ? 'rows' : 'table'
  return {
    o,
    mode,
    walk,
    rowsLie,
    blockK,
    groupRows: localRows,
    blockPanels: Math.ceil(panels / blocks),
    cost,
    packings,
  }
}

/** How the rows lie that a microkernel takes together, when groups of `groupRows` begin anew: what packing copies. */
const layOf = (o: Oriented, groupRows: number): RowsLie => {
  const at = offsets([...o.groups, ...o.m], 'a')
  const joined = (count: number): boolean =>
    at.every((x, i) => (i % groupRows) % count === 0 || x - (at[i - 1] ?? 0) === 4)
  return joined(maxRows) ? 'beside' : joined(2) ? 'pairs' : 'apart'
}

/** Numbers of a in one block where both operands are packed: half of a core's second-level cache. */
const panelNumbers = 64 * 1024
