/**
 * A plan as kernel calls that each produce one whole value, for devices without scattered stores. A value is written once
 * and never changed; partial writes to a buffer are combined when the buffer is read.
 */
import { Refusal } from '../../src/plan/errors.ts'
import type { Kernel, Nest } from '../../src/plan/kernel.ts'
import { nestOf } from '../../src/plan/nestOf.ts'
import type { Buffer, Plan } from '../../src/plan/plan.ts'
import { constant } from '../../src/tensor/expression.ts'
import { type At, type Call, dense, type Recorder, recorder, type Write } from './calls.ts'
import { assembled } from './pieces.ts'
import { mostElements } from './source.ts'
import { compact, count, covers, storedElements } from './store.ts'

export type { At, Call } from './calls.ts'

export interface GpuProgram {
  /** Number of elements of every value. */
  readonly values: readonly number[]
  /** Values that exist before the first call, by the plan's buffer. */
  readonly given: ReadonlyMap<number, number>
  readonly calls: readonly Call[]
  /** The values of the plan's buffers after the last call. */
  readonly final: ReadonlyMap<number, number>
  /** Values that are dead after a call, by the call. */
  readonly dead: readonly (readonly number[])[]
}

/** A buffer: its value, where there is one, and what is to be written over it before it is read. */
interface Held {
  readonly value: number | null
  readonly pending: readonly Write[]
}

const isZero = ({ nest }: Write): boolean =>
  nest.fold === null && nest.expression.kind === 'constant' && nest.expression.value === 0

const refuseLarge = ({ name, size }: Buffer): void => {
  if (size > mostElements)
    throw new Refusal(
      `gpu: buffer "${name}" has ${size} elements; float32 counts up to ${mostElements} without a gap: take a smaller batch (--micro-batch)`,
    )
}

/** A value of zeros. */
const zeros = (elements: number, { compute }: Recorder): number => {
  const store = { buffer: -1, offset: 0, strides: [1] }
  const nest: Nest = {
    kind: 'nest',
    name: 'zeros',
    outer: [elements],
    kept: [],
    reduced: [],
    fold: null,
    expression: constant(0),
    loads: [],
    store,
  }
  const box = storedElements(store, [elements]) ?? { low: 0, digits: [], reversed: [] }
  return compute({ nest, reads: [], box, at: { region: 0, kernel: 0 } }, box, dense(elements))
}

/** The value of a buffer of so many elements after what waits is written. */
const settled = ({ value: known, pending }: Held, elements: number, record: Recorder): number => {
  const fresh = known === null
  const first = pending.findIndex((w) => !isZero(w))
  // zeros under what nobody wrote before are there anyway
  const writes = fresh ? pending.slice(Math.max(0, first)) : pending
  const [only] = writes
  if (only === undefined) return known ?? zeros(elements, record)
  if (writes.length === 1) {
    const under = fresh ? 'zero' : 'old'
    const rest = covers(only.box, elements) ? 'none' : under
    return record.compute(only, only.box, { elements, old: known, rest })
  }
  const pieces = writes.map((w) => ({ box: w.box, value: record.compute(w, compact(w.box), dense(count(w.box))) }))
  return assembled(pieces, elements, known, only.at, record.call)
}

/** The buffers of a plan while its kernels are gone through. */
const buffersOf = (plan: Plan, record: Recorder) => {
  const held = new Map<number, { value: number | null; readonly pending: Write[] }>()
  const given = new Map<number, number>()
  const of = (buffer: number) => {
    const found = held.get(buffer) ?? { value: null, pending: [] }
    held.set(buffer, found)
    return found
  }
  const sizeOf = (buffer: number): number => {
    const found = plan.buffers[buffer]
    if (found === undefined) throw new RangeError(`gpu: the plan has no buffer ${buffer}`)
    return found.size
  }
  for (const { buffer } of [...plan.inputs, ...plan.constants]) {
    if (given.has(buffer)) continue
    const value = record.value(sizeOf(buffer))
    given.set(buffer, value)
    of(buffer).value = value
  }
  /** The value that a buffer holds now. */
  const settle = (buffer: number): number => {
    const value = settled(of(buffer), sizeOf(buffer), record)
    held.set(buffer, { value, pending: [] })
    return value
  }
  return { given, settle, wait: (write: Write): number => of(write.nest.store.buffer).pending.push(write) }
}

/** A kernel as a write that waits, after all that it reads has been settled; null where it has nothing to do. */
const writeOf = (kernel: Kernel, at: At, settle: (buffer: number) => number): Write | null => {
  const nest = nestOf(kernel)
  const sizes = [...nest.outer, ...nest.kept]
  if (sizes.includes(0)) return null
  const box = storedElements(nest.store, sizes)
  if (box === null)
    throw new Refusal(`gpu: kernel "${nest.name}" stores along loops that cross over each other; cpu and wasm run it`)
  return { nest, reads: nest.loads.map((l) => settle(l.buffer)), box, at }
}

/** `wide`: a thread may compute four elements of a product at once. */
export const program = (plan: Plan, wide: boolean): GpuProgram => {
  plan.buffers.forEach(refuseLarge)
  const record = recorder(wide)
  const { given, settle, wait } = buffersOf(plan, record)
  plan.regions.forEach(({ kernels }, region) => {
    kernels.forEach((k, kernel) => {
      const write = writeOf(k, { region, kernel }, settle)
      if (write !== null) wait(write)
    })
  })
  const state = plan.inputs.filter((p) => plan.state.includes(p.name))
  const final = new Map([...plan.outputs, ...state].map(({ buffer }) => [buffer, settle(buffer)]))
  const { values, calls } = record
  const stay = new Set([...given.values(), ...final.values()])
  return { values, given, calls, final, dead: deaths(values.length, calls, stay) }
}

/** Values that a call reads last or, if nobody reads them, produces; persistent ones are never dead. */
const deaths = (values: number, calls: readonly Call[], stay: ReadonlySet<number>): readonly (readonly number[])[] => {
  const last = new Map<number, number>()
  calls.forEach(({ reads, makes }, i) => {
    for (const v of [...reads, makes]) last.set(v, i)
  })
  const dead: number[][] = calls.map(() => [])
  for (let v = 0; v < values; v++) {
    const at = last.get(v)
    if (at !== undefined && !stay.has(v)) dead[at]?.push(v)
  }
  return dead
}
