/**
 * How a contract runs: which operand is read in place and which is packed, by which walk, in blocks of which size, and
 * the estimated cost. Everything depends on shapes, never on the number of threads.
 */
import type { modes } from './contractFields.ts'
import { type Oriented, offsets, product } from './contractLoops.ts'
import { secondLevel } from './memory.ts'
import { maxRows, type WalkName } from './microkernel.ts'
import type { Packing } from './pack.ts'

type Mode = keyof typeof modes

type RowsLie = 'beside' | 'pairs' | 'apart'

/** Costs are estimated cycles. */
export interface Choice {
  readonly o: Oriented
  readonly mode: Mode
  readonly walk: WalkName
  readonly rowsLie: RowsLie
  readonly blockK: number
  readonly groupRows: number
  readonly blockPanels: number
  /** All of a is packed before the region, and a cell takes all its rows. */
  readonly ahead: boolean
  readonly cost: number
  readonly packings: readonly Packing[]
}

const even = (total: number, most: number): number => Math.ceil(total / Math.ceil(total / most))
const roundUp = (x: number, to: number): number => Math.ceil(x / to) * to

/** Cycles per number. */
const packCycles: Readonly<Record<Packing, number>> = { copy: 0.15, transpose: 0.3, gather: 1.2 }

/** A contract's sizes, and how its layout suits panels of columns. */
interface Facts {
  readonly o: Oriented
  /** It is the only kernel of its region. */
  readonly own: boolean
  /** b may be packed before the region: it is not written there, and is the same for all batches. */
  readonly shareable: boolean
  readonly rows: number
  readonly n: number
  readonly k: number
  readonly batches: number
  /** Too few batches to be the only source of parallelism. */
  readonly few: boolean
  readonly panels: number
  readonly packings: readonly Packing[]
  readonly copied: boolean
  /** Columns that are stored one by one. */
  readonly scattered: number
  /** Cycles for packing all of b once. */
  readonly packing: number
}

const factsOf = (o: Oriented, own: boolean, shareable: boolean, width: number): Facts => {
  const [rows, n, k] = [product(o.groups) * product(o.m), product(o.n), product(o.k)]
  const batches = product(o.outer) * product(o.batch)
  const panels = Math.ceil(n / width)
  const beside = (t: Int32Array, j: number, full: boolean): boolean => {
    const count = Math.min(width, n - j * width)
    const first = t[j * width] ?? 0
    return (!full || count === width) && t.subarray(j * width, j * width + count).every((x, i) => x - first === 4 * i)
  }
  const [columnB, columnC] = [offsets(o.n, 'b'), offsets(o.n, 'c')]
  const stepB = o.k.at(-1)?.b ?? 0
  const all = Array.from({ length: panels }, (_, j) => j)
  const packings = all.map((j): Packing => (beside(columnB, j, false) ? 'copy' : stepB === 1 ? 'transpose' : 'gather'))
  return {
    o,
    own,
    shareable: shareable && [...o.outer, ...o.batch].every((l) => l.b === 0),
    rows,
    n,
    k,
    batches,
    few: batches < 8,
    panels,
    packings,
    copied: packings.every((p) => p === 'copy'),
    scattered: (n * all.filter((j) => !beside(columnC, j, true)).length) / panels,
    packing: packings.reduce((sum, p) => sum + packCycles[p] * width * k, 0),
  }
}

/** Rows per cell: enough cells for parallelism, each large enough to be worth a call, whole groups of six. */
const cellRows = ({ o, own, few, rows, n, k }: Facts): number => {
  if (!own) return product(o.m)
  if (few && rows * k * n > 1e5) return Math.min(96, Math.max(48, roundUp(rows / 24, maxRows)))
  return rows <= 192 ? rows : 96
}

const modeOf = (f: Facts): Exclude<Mode, 'block'> => {
  const { own, rows, n, k, batches } = f
  const cells = batches * Math.ceil(rows / cellRows(f))
  const worth = batches * rows >= 24 && (!own || cells > 4) && k * n <= 1 << 24
  const long = own && f.few && k > 2048 && k * n > 1 << 18 && rows < k
  if (f.shareable && worth && !long) return 'shared'
  return f.copied && batches > 1 && rows <= 48 ? 'direct' : 'local'
}

/**
 * A product this long with batches is a stage of a longer one: its blocks hold as many terms as there are blocks, so that
 * float32 never adds many terms one by one.
 */
const [longStage, stageBlock] = [2048, 64]
const isStage = ({ k, batches }: Facts): boolean => batches > 1 && k >= longStage

/** Terms per block where a is read in place. */
const blockOf = (f: Facts, mode: Mode): number => {
  const { o, k } = f
  if (isStage(f)) return stageBlock
  if (mode === 'direct') return k
  if (mode === 'shared') return k <= 1536 ? k : even(k, 1024)
  if (k <= 512) return k
  const inner = o.k.at(-1)?.size ?? 1
  return inner <= 128 ? inner * Math.max(1, Math.floor(128 / inner)) : 128
}

/**
 * The layout of the rows that a microkernel takes together, when groups of `groupRows` start anew: what packing copies.
 */
const layOf = (o: Oriented, groupRows: number): RowsLie => {
  const at = offsets([...o.groups, ...o.m], 'a')
  const joined = (count: number): boolean =>
    at.every((x, i) => (i % groupRows) % count === 0 || x - (at[i - 1] ?? 0) === 4)
  return joined(maxRows) ? 'beside' : joined(2) ? 'pairs' : 'apart'
}

/** Cycles for the products and for storing columns one by one; six per step of k, plus the cost of a call. */
const productCycles = ({ rows, k, batches, panels, scattered }: Facts, kBlocks: number, slow: number, call: number) =>
  batches * Math.ceil(rows / maxRows) * panels * (6 * k * slow + call * kBlocks) +
  batches * rows * scattered * 2.5 * kBlocks

/** Elements of a per block where both operands are packed: a quarter of the L2 cache. */
const panelNumbers = secondLevel / 4 / 4

/** Rows and elements of a if it is packed before the region: three quarters of the L2 cache; the rest is for b. */
const aheadRows = 384
const aheadNumbers = (3 * secondLevel) / 4 / 4

/** Both operands packed: where k is not contiguous in a, but rows are; null otherwise. */
const bothPacked = (f: Facts, mode: Mode): Choice | null => {
  const { o, own, few, rows, k, batches, panels, packings } = f
  // so each is packed once: otherwise a by every cell that shares its rows, b by every group of rows
  const ahead = own && batches === 1 && panels > 1 && rows <= aheadRows && rows * k <= aheadNumbers
  const groupRows = ahead ? roundUp(rows, maxRows) : roundUp(even(rows, few ? 96 : 512), maxRows)
  const free = own || (product(o.groups) === 1 && groupRows >= rows)
  const stepA = o.k.at(-1)?.a ?? 1
  if (mode === 'direct' || stepA === 1 || rows < 24 || k < 48 || !free) return null
  const rowsLie = o.groups.length === 0 || own ? layOf(o, groupRows) : 'apart'
  if (rowsLie === 'apart') return null
  const most = isStage(f) ? stageBlock : Math.max(48, Math.min(256, Math.floor(panelNumbers / groupRows)))
  const cellsWanted = ahead ? 16 : 8
  const blocks = few && own ? Math.min(panels, Math.max(1, Math.ceil((cellsWanted * groupRows) / rows))) : 1
  const cells = batches * Math.ceil(rows / groupRows)
  return {
    o,
    mode: !ahead && mode === 'shared' ? mode : f.copied ? 'block' : 'local',
    walk: 'panels',
    rowsLie,
    blockK: even(k, most),
    groupRows,
    blockPanels: Math.ceil(panels / blocks),
    ahead,
    cost:
      productCycles(f, Math.ceil(k / most), 1, 40) + cells * (f.packing + 0.4 * k * groupRows * (ahead ? 1 : blocks)),
    packings,
  }
}

/** a in place, b by its mode. */
const onePacked = (f: Facts, mode: Mode): Choice => {
  const { o, own, few, rows, k, batches, panels, packings } = f
  // if every cell packs for itself, columns are divided among cells first
  const byColumns = own && few && mode === 'local'
  const blocks = byColumns ? Math.min(panels, 4) : 1
  const shared = blocks >= 4 ? rows : roundUp(rows / Math.ceil(8 / blocks), maxRows)
  const groupRows = byColumns ? shared : cellRows(f)
  const blockK = blockOf(f, mode)
  const [stepA, rowA] = [o.k.at(-1)?.a ?? 1, o.m.at(-1)?.a ?? 1]
  const slow = Math.abs(stepA) > 1 && Math.abs(rowA) > 1 ? 2 : 1
  const packs = mode === 'direct' ? 0 : mode === 'shared' ? 1 : batches * Math.ceil(rows / groupRows)
  return {
    o,
    mode,
    walk: mode !== 'direct' && stepA === 1 ? 'rows' : 'table',
    rowsLie: 'apart',
    blockK,
    groupRows,
    blockPanels: Math.ceil(panels / blocks),
    ahead: false,
    cost: productCycles(f, Math.ceil(k / blockK), slow, 30) + packs * f.packing,
    packings,
  }
}

/** Numbers of b that no second-level cache holds, and the rows that make packing it once per cell cheap. */
const [streamedNumbers, streamedRows] = [secondLevel, 96]

/** Rows and terms of a block of a that takes about half of the L2 cache; a panel of so many terms lies in an L1 cache of 32 KiB. */
const [blockRows, blockTerms] = [384, 384]

/** Cells of a product whose b is streamed, and panels of one cell: so many contiguous numbers of a row of b are read at once. */
const [streamedCells, mostPanels] = [32, 4]

/**
 * b is larger than caches: a weight of a large model. Every cell packs a few panels of it, block by block of k, and multiplies
 * all its rows by them, so that memory is read once and nothing packed leaves the cache; null otherwise.
 */
const streamed = (f: Facts): Choice | null => {
  const { o, own, rows, n, k, batches, panels, packings } = f
  if (!own || batches > 1 || !f.copied || rows < streamedRows || k * n < streamedNumbers) return null
  if (o.k.at(-1)?.a !== 1) return null
  const groupRows = roundUp(even(rows, blockRows), maxRows)
  const groups = Math.ceil(rows / groupRows)
  const inner = o.k.at(-1)?.size ?? 1
  const unit = inner <= blockTerms ? inner : 1
  const blockK = unit * even(k / unit, Math.floor(blockTerms / unit))
  return {
    o,
    mode: 'block',
    walk: 'rows',
    rowsLie: 'apart',
    blockK,
    groupRows,
    blockPanels: Math.min(mostPanels, Math.max(1, Math.floor((panels * groups) / streamedCells))),
    ahead: false,
    cost: productCycles(f, Math.ceil(k / blockK), 1, 30) + groups * f.packing,
    packings,
  }
}

export const choose = (o: Oriented, own: boolean, shareable: boolean, width: number): Choice => {
  const facts = factsOf(o, own, shareable, width)
  const mode = modeOf(facts)
  return bothPacked(facts, mode) ?? streamed(facts) ?? onePacked(facts, mode)
}
