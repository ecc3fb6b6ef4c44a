/**
 * One plan -> one module and one image of memory. The module holds a function for every structure of nest, the code
 * that contracts and convolutions share, and `run(scratch, clocks)`, which walks the table of stages: threads claim tiles
 * by an atomic counter and meet at a barrier after every stage. Nothing here touches an engine; `runtime.ts` does.
 */
import { type Kernel, rows, writes } from '../../src/plan/kernel.ts'
import type { Plan, Region } from '../../src/plan/plan.ts'
import { numbering, type ScalarFunction } from '../../src/tensor/expression.ts'
import { anyhow, tileOf, together } from './claims.ts'
import { planContract } from './contract.ts'
import { contractFunctions } from './contractCode.ts'
import { align, layOut } from './memory.ts'
import { type Form, maxRows, type WalkName } from './microkernel.ts'
import { type NestShape, nestKey, planNest } from './nest.ts'
import { nestFunction } from './nestCode.ts'
import type { Place, Prepared } from './prepared.ts'
import { control, runFunction } from './schedule.ts'
import { smallFunction } from './smallCode.ts'
import { winogradShape } from './winograd.ts'
import { winogradFunctions } from './winogradCode.ts'
import { planConv, planGradient } from './winogradPlan.ts'

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
  const nests = new Map<string, { readonly name: string; readonly shape: NestShape }>()
  const id = numbering<ScalarFunction>()
  const nestName = (shape: NestShape): string => {
    const key = nestKey(shape, id)
    const found = nests.get(key) ?? { name: `$nest${nests.size}`, shape }
    nests.set(key, found)
    return found.name
  }
  /** Functions by their place in the table. */
  const functions = new Map<string, number>()
  const functionNumber = (name: string): number => {
    const found = functions.get(name) ?? functions.size
    functions.set(name, found)
    return found
  }
  const walks = new Set<WalkName>()
  let packMost = 0
  let scratchMost = 0

  const prepare = (k: Kernel, region: Region): Prepared => {
    const own = region.kernels.length === 1
    if (k.kind === 'nest') {
      const p = planNest(k, address, own)
      const rest = { ...anyhow, before: [], packBytes: 0, scratch: 0, walks: [] }
      return { ...rest, fn: nestName(p.shape), words: () => p.words, extent: p.extent, work: 4 * p.work }
    }
    const written = new Set(region.kernels.map(writes))
    const place4 = (o: { readonly buffer: number; readonly offset: number }): number => address(o.buffer) + 4 * o.offset
    const shareable = { a: !written.has(k.a.buffer), b: !written.has(k.b.buffer) }
    const conv = shareable.b ? winogradShape(k, form.width) : null
    const fast =
      conv?.kind === 'conv'
        ? planConv(k, conv, place4, own ? null : region.extent, form.width, place)
        : conv?.kind === 'gradient' && own
          ? planGradient(k, conv, place4, form.width, place)
          : null
    return fast ?? planContract(k, place4, own, shareable, form.width, place)
  }

  const stages = plan.regions.flatMap((region, r): readonly Stage[] => {
    const own = region.kernels.length === 1
    const before: Stage[] = []
    const calls: Call[] = []
    let packed = 0
    let extent = region.extent
    let work = 0
    let division = anyhow
    for (const [i, k] of region.kernels.entries()) {
      if (rows(k) !== region.extent)
        throw new RangeError(`wasm: kernel ${k.name} has ${rows(k)} rows, its region ${region.name} ${region.extent}`)
      const p = prepare(k, region)
      const call = { descriptor: put(p.words(packed)), kernel: { region: r, kernel: i } }
      for (const step of p.before)
        before.push({
          extent: step.extent,
          tile: tileOf(step.extent, step.work),
          calls: [{ ...call, fn: functionNumber(step.fn) }],
        })
      calls.push({ ...call, fn: functionNumber(p.fn) })
      packed += align(p.packBytes)
      scratchMost = Math.max(scratchMost, p.scratch)
      for (const walk of p.walks) walks.add(walk)
      work += own ? p.work : (p.work * p.extent) / Math.max(1, region.extent)
      division = together(division, p)
      if (own) extent = p.extent
    }
    packMost = Math.max(packMost, packed)
    return extent === 0 || calls.length === 0
      ? []
      : [...before, { extent, tile: tileOf(extent, work, division), calls }]
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
  const names = [...functions.keys()]
  const usesWinograd = names.some((name) => name.startsWith('$winograd'))
  const text = [
    '(module',
    '(import "host" "memory" (memory 1 65536 shared))',
    profile ? '(import "host" "now" (func $now (result f64)))' : '',
    '(type $kernel (func (param i32 i32 i32 i32)))',
    `(table ${names.length} funcref)`,
    `(elem (i32.const 0) ${names.join(' ')})`,
    contractFunctions(form, control, [...walks]),
    names.includes('$small') ? smallFunction(form) : '',
    usesWinograd ? winogradFunctions(form, control) : '',
    ...[...nests.values()].map(({ name, shape }) => nestFunction(name, shape, form.madd)),
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
