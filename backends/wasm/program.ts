/**
 * One plan -> one module and one image of memory. The module holds a function for every structure of nest, the shared
 * contract code, and `run(thread, scratch)`, which walks the table of regions: threads claim tiles by an atomic counter
 * and meet at a barrier after every region. Nothing here touches an engine; `runtime.ts` does.
 */
import { type Kernel, rows, writes } from '../../src/lower/kernel.ts'
import type { Plan, Region } from '../../src/lower/plan.ts'
import { type Place, planContract } from './contract.ts'
import { contractFunctions, field } from './contractCode.ts'
import { align, layOut } from './memory.ts'
import { type Form, maxRows, type WalkName } from './microkernel.ts'
import { type NestShape, nestKey, planNest } from './nest.ts'
import { nestFunction } from './nestCode.ts'
import { control, runFunction, stageWords } from './schedule.ts'

/** What a region becomes: packing steps and then its kernels; each a parallel loop followed by a barrier. */
interface Stage {
  readonly extent: number
  readonly tile: number
  readonly calls: readonly Call[]
}

interface Call {
  readonly fn: number
  readonly descriptor: number
  /** Whose work it does. */
  readonly kernel: KernelPlace
}

/** A kernel by its place in the plan. */
export interface KernelPlace {
  readonly region: number
  readonly kernel: number
}

export interface Program {
  readonly text: string
  /** Bytes of memory for so many threads. */
  readonly bytes: (threads: number) => number
  /** Byte address of every buffer. */
  readonly addresses: readonly number[]
  /** Words to be written once. */
  readonly words: readonly { readonly address: number; readonly values: readonly number[] }[]
  readonly scratch: (thread: number) => number
  /** How many stages there are, and their counters' first byte. */
  readonly stages: number
  readonly counters: number
  /** The kernel of every clock of a profiled plan. */
  readonly clocks: readonly KernelPlace[]
}

/** Multiply-accumulates, or elements of a nest times four, that make a claim worth its cost. */
const claimWork = 2_500_000

/** Cells a claim: enough work, but enough claims too for threads to even out; whole units; by shape only. */
const tileOf = (extent: number, work: number, unit = 1): number => {
  const cells = Math.max(1, Math.min(Math.ceil(extent / 16), Math.floor(claimWork / Math.max(1, work))))
  return cells < unit ? cells : cells - (cells % unit)
}

export const program = (plan: Plan, form: Form, profile: boolean): Program => {
  const { addresses, end: arenaEnd } = layOut(plan, control.end)
  const words: { readonly address: number; readonly values: readonly number[] }[] = []
  const known = new Map<string, number>()
  let end = align(arenaEnd + 256)
  const put = (values: readonly number[]): number => {
    const address = end
    words.push({ address, values })
    end = align(end + 4 * values.length, 16)
    return address
  }
  const place: Place = (key, values) => {
    const found = known.get(key)
    if (found !== undefined) return found
    const address = put(values())
    known.set(key, address)
    return address
  }
  const address = (buffer: number): number => addresses[buffer] ?? 0
  const shapes = new Map<string, { readonly fn: number; readonly shape: NestShape }>()
  const nestNumber = (shape: NestShape): number => {
    const key = nestKey(shape)
    const found = shapes.get(key) ?? { fn: firstNest + shapes.size, shape }
    shapes.set(key, found)
    return found.fn
  }
  const walks = new Set<WalkName>()
  let packMost = 0
  let scratchMost = 0

  const kernel = (k: Kernel, at: KernelPlace, region: Region, own: boolean, packed: number) => {
    if (k.kind === 'nest') {
      const p = planNest(k, address, own)
      const call = { fn: nestNumber(p.shape), descriptor: put(p.words), kernel: at }
      return { call, extent: p.extent, work: 4 * p.work, packCells: 0, packBytes: 0, unit: 1 }
    }
    const written = new Set(region.kernels.map(writes))
    const p = planContract(
      k,
      (o) => address(o.buffer) + 4 * o.offset,
      own,
      { a: !written.has(k.a.buffer), b: !written.has(k.b.buffer) },
      form.width,
      place,
    )
    walks.add(p.walk)
    scratchMost = Math.max(scratchMost, p.scratch)
    const values = p.words.map((w, i) => (i === field('packed') ? packed : w))
    return { call: { fn: contractNumber, descriptor: put(values), kernel: at }, ...p }
  }

  const stages = plan.regions.flatMap((region, r): readonly Stage[] => {
    const own = region.kernels.length === 1
    const before: Stage[] = []
    const calls: Stage['calls'][number][] = []
    let packed = 0
    let extent = region.extent
    let work = 0
    let unit = 1
    for (const [i, k] of region.kernels.entries()) {
      if (rows(k) !== region.extent)
        throw new RangeError(`wasm: kernel ${k.name} has ${rows(k)} rows, its region ${region.name} ${region.extent}`)
      const p = kernel(k, { region: r, kernel: i }, region, own, packed)
      if (p.packCells > 0)
        before.push({
          extent: p.packCells,
          tile: tileOf(p.packCells, (4 * p.packBytes) / p.packCells),
          calls: [{ ...p.call, fn: packNumber }],
        })
      packed += align(p.packBytes)
      calls.push(p.call)
      work += own ? p.work : (p.work * p.extent) / Math.max(1, region.extent)
      unit = Math.max(unit, p.unit)
      if (own) extent = p.extent
    }
    packMost = Math.max(packMost, packed)
    return extent === 0 || calls.length === 0 ? [] : [...before, { extent, tile: tileOf(extent, work, unit), calls }]
  })

  const clocks = stages.flatMap((s) => s.calls.map((c) => c.kernel))
  let clock = 0
  const stageTable = stages.flatMap((s) => {
    const calls = put(s.calls.flatMap((c) => [c.fn, c.descriptor]))
    const first = clock
    clock += 8 * s.calls.length
    return [s.extent, s.tile, calls, s.calls.length, first]
  })
  const table = put(stageTable)
  const counters = put(stages.map(() => 0))
  const packArea = align(end)
  const scratchArea = align(packArea + packMost + 256)
  const scratchSize = align(scratchMost + 256)
  words.push({ address: control.packArea, values: [packArea] })
  words.push({ address: control.stages, values: [table, stages.length, counters] })
  words.push({
    address: control.tileRows,
    values: Array.from({ length: maxRows }, (_, r) => 4 * form.width * r),
  })
  const nests = [...shapes.values()]
  const names = ['$contract', '$pack', ...nests.map(({ fn }) => `$nest${fn}`)]
  const text = [
    '(module',
    '(import "host" "memory" (memory 1 65536 shared))',
    profile ? '(import "host" "now" (func $now (result f64)))' : '',
    '(type $kernel (func (param i32 i32 i32 i32)))',
    `(table ${names.length} funcref)`,
    `(elem (i32.const 0) ${names.join(' ')})`,
    contractFunctions(form, control, [...walks]),
    ...nests.map(({ fn, shape }) => nestFunction(`$nest${fn}`, shape, form.madd)),
    runFunction(profile),
    ')',
  ].join('\n')
  return {
    text,
    // the profile's clocks stand behind every thread's scratch
    bytes: (threads) => scratchArea + threads * (scratchSize + (profile ? align(8 * clocks.length) : 0)) + 4096,
    addresses,
    words,
    scratch: (thread) => scratchArea + thread * (scratchSize + (profile ? align(8 * clocks.length) : 0)),
    stages: stages.length,
    counters,
    clocks,
  }
}

/** Places in the function table. */
const contractNumber = 0
const packNumber = 1
const firstNest = 2

export { stageWords }
