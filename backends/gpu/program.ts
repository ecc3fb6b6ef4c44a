/**
 * A plan as kernel calls that each produce one whole value, for devices without scattered stores. A value is written once
 * and never changed; partial writes to a buffer are combined when the buffer is read.
 */

import { Refusal } from '../../src/plan/errors.ts'
import type { Nest } from '../../src/plan/kernel.ts'
import { nestOf } from '../../src/plan/nestOf.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { constant } from '../../src/tensor/expression.ts'
import { type Code, gatherCode, mostElements, nestCode, type Rest } from './source.ts'
import { narrowed } from './split.ts'
import { compact, count, covers, runOf, type StoredElements, storedElements } from './store.ts'

/** A place in the plan, for profiles. */
export interface At {
  readonly region: number
  readonly kernel: number
}

export interface Call {
  readonly code: Code
  /** Values, in the order of the kernel's arguments. */
  readonly reads: readonly number[]
  readonly makes: number
  readonly at: At
}

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

/** Maximum arrays that a kernel may read, so that with `old` and its result it stays within eight storage buffers. */
const mostArguments = 6

/** A nest deferred until its buffer is read, with the values that it reads. */
interface Write {
  readonly nest: Nest
  readonly reads: readonly number[]
  readonly box: StoredElements
  readonly at: At
}

interface Held {
  readonly value: number | null
  readonly pending: readonly Write[]
}

/** Boxes whose elements are contiguous in a value of their own. */
interface Piece {
  readonly box: StoredElements
  readonly value: number
}

const isZero = ({ nest }: Write): boolean =>
  nest.fold === null && nest.expression.kind === 'constant' && nest.expression.value === 0

/** Adjacent runs in groups, none larger than an argument list; null if the pieces are not contiguous. */
const neighbours = (pieces: readonly Piece[]): readonly (readonly Piece[])[] | null => {
  const runs = pieces.flatMap((piece) => {
    const run = runOf(piece.box)
    return run === null ? [] : [{ piece, ...run }]
  })
  const sorted = runs.toSorted((a, b) => a.from - b.from)
  const tight = sorted.every((r, i) => i === 0 || r.from === sorted[i - 1]?.to)
  if (runs.length < pieces.length || !tight) return null
  return Array.from({ length: Math.ceil(sorted.length / mostArguments) }, (_, i) =>
    sorted.slice(i * mostArguments, (i + 1) * mostArguments).map((r) => r.piece),
  )
}

/** `wide`: a thread may compute four elements of a product at once. */
export const program = (plan: Plan, wide: boolean): GpuProgram => {
  const values: number[] = []
  const calls: Call[] = []
  const held = new Map<number, Held>()
  const given = new Map<number, number>()
  const value = (elements: number): number => values.push(elements) - 1
  const sizeOf = (buffer: number): number => plan.buffers[buffer]?.size ?? 0

  plan.buffers.forEach(({ name, size }) => {
    if (size > mostElements)
      throw new Refusal(
        `gpu: buffer "${name}" has ${size} elements; float32 counts up to ${mostElements} without a gap: take a smaller batch (--micro-batch)`,
      )
  })
  for (const { buffer } of [...plan.inputs, ...plan.constants]) {
    if (given.has(buffer)) continue
    given.set(buffer, value(sizeOf(buffer)))
    held.set(buffer, { value: given.get(buffer) ?? null, pending: [] })
  }

  const call = (code: Code, reads: readonly number[], elements: number, at: At): number => {
    const makes = value(elements)
    calls.push({ code, reads, makes, at })
    return makes
  }

  /** One nest, into a value of the given size. */
  const compute = (
    { nest, reads, at }: Write,
    box: StoredElements,
    elements: number,
    old: number | null,
    rest: Rest,
  ): number => {
    const few = narrowed({ nest, reads }, mostArguments, (part, size) => {
      const dense = storedElements(part.nest.store, part.nest.outer)
      if (dense === null) throw new Error(`gpu: ${part.nest.name} is not dense`)
      return emit({ ...part, box: dense, at }, dense, size, null, 'none')
    })
    return emit({ ...few, box, at }, box, elements, old, rest)
  }
  const emit = (w: Write, box: StoredElements, elements: number, old: number | null, rest: Rest): number => {
    const distinct = [...new Set(w.reads)]
    const names = [...distinct.map((_, i) => `x${i}`), ...(rest === 'old' ? ['old'] : [])]
    const argument = (load: number): string => `x${distinct.indexOf(w.reads[load] ?? -1)}`
    const code = nestCode(w.nest, box, elements, { rest, wide }, argument, names)
    return call(code, rest === 'old' && old !== null ? [...distinct, old] : distinct, elements, w.at)
  }

  /** Combines several pieces into one value, over the old one or over zeros. */
  const assemble = (pieces: readonly Piece[], elements: number, old: number | null, at: At): number => {
    const gather = (some: readonly Piece[], under: number | null): number => {
      const code = gatherCode(
        some.map((p) => p.box),
        elements,
        under === null ? 'zero' : 'old',
      )
      return call(code, [...some.map((p) => p.value), ...(under === null ? [] : [under])], elements, at)
    }
    if (pieces.length > mostArguments) {
      const groups = neighbours(pieces)
      if (groups !== null) {
        const joined = groups.map((group): Piece => {
          const runs = group.flatMap((p) => runOf(p.box) ?? [])
          const [from, to] = [runs[0]?.from ?? 0, runs.at(-1)?.to ?? 0]
          const boxes = group.map((p) => ({ ...p.box, low: p.box.low - from }))
          const code = gatherCode(boxes, to - from, 'zero')
          const run: StoredElements = { low: from, digits: [{ axis: 0, size: to - from, stride: 1 }], reversed: [] }
          return {
            box: run,
            value: call(
              code,
              group.map((p) => p.value),
              to - from,
              at,
            ),
          }
        })
        return assemble(joined, elements, old, at)
      }
      const first = gather(pieces.slice(0, mostArguments), old)
      return assemble(pieces.slice(mostArguments), elements, first, at)
    }
    const [only] = pieces
    if (pieces.length === 1 && only !== undefined && covers(only.box, elements)) return only.value
    return gather(pieces, old)
  }

  /** The current value of a buffer. */
  const settle = (buffer: number): number => {
    const { value: known, pending } = held.get(buffer) ?? { value: null, pending: [] }
    const elements = sizeOf(buffer)
    const fresh = known === null
    const writes = fresh
      ? pending.slice(
          Math.max(
            0,
            pending.findIndex((w) => !isZero(w)),
          ),
        )
      : pending
    const settled = ((): number => {
      const [first] = writes
      if (first === undefined) return known ?? fill(buffer)
      if (writes.length === 1) {
        const rest = covers(first.box, elements) ? 'none' : fresh ? 'zero' : 'old'
        return compute(first, first.box, elements, known, rest)
      }
      const pieces = writes.map((w): Piece => {
        return { box: w.box, value: compute(w, compact(w.box), count(w.box), null, 'none') }
      })
      return assemble(pieces, elements, known, first.at)
    })()
    held.set(buffer, { value: settled, pending: [] })
    return settled
  }
  const fill = (buffer: number): number => {
    const elements = sizeOf(buffer)
    const store = { buffer, offset: 0, strides: [1] }
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
    return emit({ nest, reads: [], box, at: { region: 0, kernel: 0 } }, box, elements, null, 'none')
  }

  plan.regions.forEach(({ kernels }, region) => {
    kernels.forEach((k, kernel) => {
      const nest = nestOf(k)
      const sizes = [...nest.outer, ...nest.kept]
      if (sizes.includes(0)) return
      const box = storedElements(nest.store, sizes)
      if (box === null)
        throw new Refusal(
          `gpu: kernel "${nest.name}" stores along loops that cross over each other; cpu and wasm run it`,
        )
      const reads = nest.loads.map((l) => settle(l.buffer))
      const { buffer } = nest.store
      const now = held.get(buffer) ?? { value: null, pending: [] }
      held.set(buffer, { ...now, pending: [...now.pending, { nest, reads, box, at: { region, kernel } }] })
    })
  })
  const state = plan.inputs.filter((p) => plan.state.includes(p.name))
  const final = new Map([...plan.outputs, ...state].map(({ buffer }) => [buffer, settle(buffer)]))
  return {
    values,
    given,
    calls,
    final,
    dead: deaths(values.length, calls, new Set([...given.values(), ...final.values()])),
  }
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
