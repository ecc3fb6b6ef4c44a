/**
 * Makes a contract ready for the shared code: which operand is read in place and which is packed, blocks of k, panels of
 * columns, groups of rows, and the offset tables that alone know layout. Everything follows from shapes, never from the
 * number of threads.
 */
import type { Contract } from '../../src/lower/kernel.ts'
import { type Field, fields, modes, scratchBytes } from './contractCode.ts'
import { oddLines } from './memory.ts'
import { maxRows, type WalkName, walkNames } from './microkernel.ts'
import { type Packing, packingCode } from './pack.ts'
import type { Place, Prepared } from './prepared.ts'

interface Loop {
  readonly size: number
  readonly a: number
  readonly b: number
  readonly c: number
}

interface Oriented {
  readonly a: number
  readonly b: number
  readonly c: number
  /** Outer batches, batches inside of a cell, rows (groups, then rows of a group), columns, terms. */
  readonly outer: readonly Loop[]
  readonly batch: readonly Loop[]
  readonly groups: readonly Loop[]
  readonly m: readonly Loop[]
  readonly n: readonly Loop[]
  readonly k: readonly Loop[]
}

const product = (loops: readonly Loop[]): number => loops.reduce((p, l) => p * l.size, 1)

/** Byte offsets of every index, the last loop fastest. */
const offsets = (loops: readonly Loop[], of: 'a' | 'b' | 'c'): Int32Array => {
  let table = new Int32Array(1)
  for (const l of loops) {
    const next = new Int32Array(table.length * l.size)
    let at = 0
    for (const start of table) for (let i = 0; i < l.size; i++) next[at++] = start + 4 * i * l[of]
    table = next
  }
  return table
}

const sorted = (loops: readonly Loop[], by: 'a' | 'c'): readonly Loop[] =>
  loops
    .filter((l) => l.size > 1)
    .map((l, i) => ({ l, i }))
    .sort((x, y) => Math.abs(y.l[by]) - Math.abs(x.l[by]) || x.i - y.i)
    .map(({ l }) => l)

const key = (loops: readonly Loop[], of: readonly ('a' | 'b' | 'c')[]): string =>
  loops.map((l) => [l.size, ...of.map((o) => l[o])].join(':')).join(',')

const orient = (
  x: Contract,
  swap: boolean,
  own: boolean,
  address: (operand: { readonly buffer: number; readonly offset: number }) => number,
): Oriented => {
  const role = { batch: 'batch', m: swap ? 'n' : 'm', n: swap ? 'm' : 'n', k: 'k' } as const
  const axes = x.axes.map((l) => ({
    role: role[l.role],
    size: l.size,
    a: swap ? l.b : l.a,
    b: swap ? l.a : l.b,
    c: l.c,
  }))
  const outer = own ? [] : axes.slice(0, x.outer)
  const inside = own ? axes : axes.slice(x.outer)
  // rows of the region that end in m axes form groups of rows of one product
  const cut = outer.reduce((last, l, i) => (l.role === 'm' ? last : i + 1), 0)
  const of = (r: 'batch' | 'm' | 'n' | 'k'): readonly Loop[] => inside.filter((l) => l.role === r)
  return {
    a: address(swap ? x.b : x.a),
    b: address(swap ? x.a : x.b),
    c: address(x.c),
    outer: own ? of('batch').filter((l) => l.size > 1) : outer.slice(0, cut),
    batch: own ? [] : of('batch').filter((l) => l.size > 1),
    groups: outer.slice(cut),
    m: sorted(of('m'), 'a'),
    n: sorted(of('n'), 'c'),
    k: sorted(of('k'), 'a'),
  }
}

type Mode = keyof typeof modes

type RowsLie = 'beside' | 'pairs' | 'apart'

interface Choice {
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

const choose = (o: Oriented, own: boolean, shareable: boolean, width: number): Choice => {
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
      ? Math.min(96, Math.max(48, roundUp(rows / 24, maxRows)))
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

/** Rows, columns and terms of a product that is computed while the next one is packed. */
const mostSmall = 64

/** Numbers of a in one block where both operands are packed: half of a core's second-level cache. */
const panelNumbers = 64 * 1024

/** Runs of constant step within one block: [start of a, start of b, length] in bytes and elements. */
const runsOf = (
  from: number,
  to: number,
  steps: readonly (readonly [table: Int32Array, step: number])[],
): readonly (readonly [start: number, length: number])[] => {
  const runs: (readonly [number, number])[] = []
  let start = from
  for (let i = from + 1; i <= to; i++)
    if (i === to || steps.some(([t, step]) => (t[i] ?? 0) - (t[i - 1] ?? 0) !== step)) {
      runs.push([start, i - start])
      start = i
    }
  return runs
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
  const { o, mode, walk, rowsLie, blockK, groupRows, blockPanels, packings } =
    turned.cost < straight.cost ? turned : straight
  const rowLoops = [...o.groups, ...o.m]
  const batchLoops = [...o.outer, ...o.batch]
  const [rows, n, k] = [product(rowLoops), product(o.n), product(o.k)]
  const panels = packings.length
  const [stepA, stepB] = [4 * (o.k.at(-1)?.a ?? 0), 4 * (o.k.at(-1)?.b ?? 0)]

  const table = (kind: string, loops: readonly Loop[], of: 'a' | 'b' | 'c'): number =>
    place(`${kind}|${key(loops, [of])}`, () => [...offsets(loops, of)])
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
    const starts = lengths.map((_, i) => start + lengths.slice(0, i).reduce((s, l) => s + l, 0))
    return blocks.flatMap(([from, to], i) => {
      const span = (j: number): readonly number[] => [starts[j] ?? 0, (starts[j] ?? 0) + (lengths[j] ?? 0)]
      return [...span(i), ...span(kBlocks + i), from, to - from, ...span(2 * kBlocks + i)]
    })
  })
  const pitchA = walk === 'panels' ? oddLines(4 * maxRows * blockK) : 0
  const packTogether = packings.every((p) => p === 'copy') ? Math.min(panels, 8) : 1
  const pitchB = oddLines(4 * width * blockK)
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
    rowsA: table('rows', rowLoops, 'a'),
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
  const packCells = kBlocks * Math.ceil(panels / packTogether)
  const packBytes = mode === 'shared' ? 4 * width * panels * k : 0
  const small =
    mode === 'local' && walk !== 'panels' && groups * blocks * kBlocks === 1 && Math.max(rows, n, k) <= mostSmall
  return {
    fn: small ? '$small' : '$contract',
    walks: [walk],
    words: (packed) => fields.map((f) => (f === 'packed' ? packed : values[f])),
    extent: product(o.outer) * groups * blocks,
    work: product(o.batch) * Math.min(rows, groupRows) * Math.min(n, blockPanels * width) * k,
    unit:
      own || groups === 1 || groupRows % maxRows === 0
        ? 1
        : groupRows % 3 === 0
          ? 2
          : groupRows % 2 === 0
            ? 3
            : maxRows,
    whole: false,
    before: mode === 'shared' ? [{ fn: '$pack', extent: packCells, work: (4 * packBytes) / packCells }] : [],
    packBytes,
    scratch:
      walk === 'panels'
        ? scratchBytes(0, width) +
          (mode === 'block' ? blockPanels : 1) * pitchB +
          Math.ceil(groupRows / maxRows) * pitchA
        : scratchBytes(mode === 'local' ? Math.min(k, blockK) * (small ? 2 * panels : 1) : 0, width),
  }
}
