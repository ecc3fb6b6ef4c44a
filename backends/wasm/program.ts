/**
 * One plan -> one module and one image of memory. The module holds a function for every structure of nest, the code
 * that contracts and convolutions share, and `run(scratch, clocks)`, which walks the table of stages: threads claim tiles
 * by an atomic counter and meet at a barrier after every stage. Nothing here touches an engine; `runtime.ts` does.
 */
import type { CompileOptions } from '../../src/plan/backend.ts'
import { type Contract, type Kernel, rows, writes } from '../../src/plan/kernel.ts'
import type { Plan, Region } from '../../src/plan/plan.ts'
import { numbering, type ScalarFunction } from '../../src/tensor/expression.ts'
import { anyhow, tileOf, together } from './claims.ts'
import { planContract } from './contract.ts'
import { contractFunctions } from './contractCode.ts'
import { type Image, image, type Words } from './image.ts'
import { align, layOut } from './memory.ts'
import { type Form, maxRows, type WalkName } from './microkernel.ts'
import { type NestShape, nestKey, planNest } from './nest.ts'
import { nestFunction } from './nestCode.ts'
import type { Prepared } from './prepared.ts'
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
  readonly words: readonly Words[]
  readonly scratch: (thread: number) => number
  /** How many stages there are, and their counters' first byte. */
  readonly stages: number
  readonly counters: number
  /** The kernel of every clock of a profiled plan. */
  readonly clocks: readonly KernelPlace[]
}

/** Of what a compilation may be asked, what changes the program. */
export type ProgramOptions = Pick<CompileOptions, 'profile' | 'exact'>

/** Names numbered in the order in which they are first asked for. */
const numberedNames = () => {
  const numbers = new Map<string, number>()
  const numberOf = (name: string): number => {
    const found = numbers.get(name) ?? numbers.size
    numbers.set(name, found)
    return found
  }
  return { numberOf, names: (): readonly string[] => [...numbers.keys()] }
}

/** Nests of the same structure, which share a function. */
const nestNames = () => {
  const known = new Map<string, { readonly name: string; readonly shape: NestShape }>()
  const id = numbering<ScalarFunction>()
  const nameOf = (shape: NestShape): string => {
    const key = nestKey(shape, id)
    const found = known.get(key) ?? { name: `$nest${known.size}`, shape }
    known.set(key, found)
    return found.name
  }
  return { nameOf, all: () => [...known.values()] }
}

/** What preparing a kernel needs to know of the program around it. */
interface Around {
  readonly address: (buffer: number) => number
  readonly image: Image
  readonly form: Form
  readonly exact: boolean
  readonly nestName: (shape: NestShape) => string
}

const prepareContract = (k: Contract, region: Region, { address, image, form, exact }: Around): Prepared => {
  const own = region.kernels.length === 1
  const written = new Set(region.kernels.map(writes))
  const at = (o: { readonly buffer: number; readonly offset: number }): number => address(o.buffer) + 4 * o.offset
  const shareable = { a: !written.has(k.a.buffer), b: !written.has(k.b.buffer) }
  const conv = shareable.b && !exact ? winogradShape(k, form.width) : null
  const fast =
    conv?.kind === 'conv'
      ? planConv(k, conv, at, own ? null : region.extent, form.width, image.place)
      : conv?.kind === 'gradient' && own
        ? planGradient(k, conv, at, form.width, image.place)
        : null
  return fast ?? planContract(k, at, own, shareable, form.width, image.place)
}

const prepare = (k: Kernel, region: Region, around: Around): Prepared => {
  if (rows(k) !== region.extent)
    throw new RangeError(`wasm: kernel ${k.name} has ${rows(k)} rows, its region ${region.name} ${region.extent}`)
  if (k.kind === 'contract') return prepareContract(k, region, around)
  const p = planNest(k, around.address, region.kernels.length === 1)
  const rest = { ...anyhow, before: [], packBytes: 0, scratch: 0, walks: [] }
  return { ...rest, fn: around.nestName(p.shape), words: () => p.words, extent: p.extent, work: 4 * p.work }
}

/** The stages of one region, and what its kernels need. */
interface Stages {
  readonly stages: readonly Stage[]
  readonly prepared: readonly Prepared[]
  readonly packBytes: number
}

const stagesOf = (region: Region, index: number, around: Around, numberOf: (name: string) => number): Stages => {
  const own = region.kernels.length === 1
  const before: Stage[] = []
  const calls: Call[] = []
  const prepared: Prepared[] = []
  let packed = 0
  for (const [kernel, k] of region.kernels.entries()) {
    const p = prepare(k, region, around)
    prepared.push(p)
    const call = { descriptor: around.image.put(p.words(packed)), kernel: { region: index, kernel } }
    for (const { fn, extent, work } of p.before)
      before.push({ extent, tile: tileOf(extent, work), calls: [{ ...call, fn: numberOf(fn) }] })
    calls.push({ ...call, fn: numberOf(p.fn) })
    packed += align(p.packBytes)
  }
  const [only] = prepared
  const extent = own && only !== undefined ? only.extent : region.extent
  const work = prepared.reduce((sum, p) => sum + (own ? p.work : (p.work * p.extent) / Math.max(1, region.extent)), 0)
  const tile = tileOf(extent, work, prepared.reduce(together, anyhow))
  const stages = extent === 0 || calls.length === 0 ? [] : [...before, { extent, tile, calls }]
  return { stages, prepared, packBytes: packed }
}

/** Words of the table of stages, in the order in which `schedule.ts` reads them. */
const stageTable = (stages: readonly Stage[], put: Image['put']): readonly number[] => {
  let clock = 0
  return stages.flatMap((s) => {
    const calls = put(s.calls.flatMap((c) => [c.fn, c.descriptor]))
    const first = clock
    clock += 8 * s.calls.length
    return [s.extent, s.tile, calls, s.calls.length, first]
  })
}

/** The module, given the functions that stages call and what these are made of. */
const moduleText = (
  names: readonly string[],
  walks: readonly WalkName[],
  nests: readonly { readonly name: string; readonly shape: NestShape }[],
  form: Form,
  profile: boolean,
): string =>
  [
    '(module',
    '(import "host" "memory" (memory 1 65536 shared))',
    profile ? '(import "host" "now" (func $now (result f64)))' : '',
    '(type $kernel (func (param i32 i32 i32 i32)))',
    `(table ${names.length} funcref)`,
    `(elem (i32.const 0) ${names.join(' ')})`,
    contractFunctions(form, control, walks),
    names.includes('$small') ? smallFunction(form) : '',
    names.some((name) => name.startsWith('$winograd')) ? winogradFunctions(form, control) : '',
    ...nests.map(({ name, shape }) => nestFunction(name, shape, form.madd)),
    runFunction(profile),
    ')',
  ].join('\n')

const addressIn =
  (addresses: readonly number[]) =>
  (buffer: number): number => {
    const address = addresses[buffer]
    if (address === undefined) throw new RangeError(`wasm: the plan has no buffer ${buffer}`)
    return address
  }

export const program = (plan: Plan, form: Form, options: ProgramOptions = {}): Program => {
  const profile = options.profile === true
  const { addresses, end: arenaEnd } = layOut(plan, control.end)
  const constants = image(align(arenaEnd + 256))
  const nests = nestNames()
  const functions = numberedNames()
  const around: Around = {
    address: addressIn(addresses),
    image: constants,
    form,
    exact: options.exact === true,
    nestName: nests.nameOf,
  }
  const regions = plan.regions.map((region, r) => stagesOf(region, r, around, functions.numberOf))
  const stages = regions.flatMap((r) => r.stages)
  const prepared = regions.flatMap((r) => r.prepared)
  const most = (sizes: readonly number[]): number => sizes.reduce((a, b) => Math.max(a, b), 0)

  const table = constants.put(stageTable(stages, constants.put))
  const counters = constants.put(stages.map(() => 0))
  const { end, words } = constants.laidOut()
  const packArea = align(end)
  const scratchArea = align(packArea + most(regions.map((r) => r.packBytes)) + 256)
  const clocks = stages.flatMap((s) => s.calls.map((c) => c.kernel))
  // the profile's clocks stand behind every thread's scratch
  const ofThread = align(most(prepared.map((p) => p.scratch)) + 256) + (profile ? align(8 * clocks.length) : 0)
  const walks = [...new Set(prepared.flatMap((p) => p.walks))]
  return {
    text: moduleText(functions.names(), walks, nests.all(), form, profile),
    bytes: (threads) => scratchArea + threads * ofThread + 4096,
    addresses,
    words: [
      ...words,
      { address: control.packArea, values: [packArea] },
      { address: control.stages, values: [table, stages.length, counters] },
      { address: control.tileRows, values: Array.from({ length: maxRows }, (_, r) => 4 * form.width * r) },
    ],
    scratch: (thread) => scratchArea + thread * ofThread,
    stages: stages.length,
    counters,
    clocks,
  }
}
