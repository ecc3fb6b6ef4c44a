/** The calls of a program while they are recorded: each makes one whole value from others. */
import type { Nest } from '../../src/plan/kernel.ts'
import { type Code, nestCode, type Rest } from './source.ts'
import { narrowed } from './split.ts'
import { type StoredElements, storedElements } from './store.ts'

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

/** Arrays that a kernel may read, so that with `old` and its result it keeps to eight storage buffers. */
export const mostArguments = 6

/** A nest that waits until its buffer is read, with the values that it reads. */
export interface Write {
  readonly nest: Nest
  readonly reads: readonly number[]
  readonly box: StoredElements
  readonly at: At
}

/** What a value holds besides the box that is computed: of so many elements, the others by `rest`. */
export interface Whole {
  readonly elements: number
  readonly old: number | null
  readonly rest: Rest
}

export interface Recorder {
  /** Elements of every value so far. */
  readonly values: readonly number[]
  readonly calls: readonly Call[]
  /** A value of so many elements that is there before the first call. */
  readonly value: (elements: number) => number
  readonly call: (code: Code, reads: readonly number[], elements: number, at: At) => number
  /** One nest as a value; what reads too many arrays is computed in parts. */
  readonly compute: (write: Write, box: StoredElements, whole: Whole) => number
}

/** A whole value without anything besides. */
export const dense = (elements: number): Whole => ({ elements, old: null, rest: 'none' })

/** `wide`: a thread may make four elements of a product at once. */
export const recorder = (wide: boolean): Recorder => {
  const values: number[] = []
  const calls: Call[] = []
  const value = (elements: number): number => values.push(elements) - 1
  const call: Recorder['call'] = (code, reads, elements, at) => {
    const makes = value(elements)
    calls.push({ code, reads, makes, at })
    return makes
  }
  const emit = (w: Write, box: StoredElements, { elements, old, rest }: Whole): number => {
    const distinct = [...new Set(w.reads)]
    const names = [...distinct.map((_, i) => `x${i}`), ...(rest === 'old' ? ['old'] : [])]
    const argument = (load: number): string => `x${distinct.indexOf(w.reads[load] ?? -1)}`
    const code = nestCode(w.nest, box, elements, { rest, wide }, argument, names)
    return call(code, rest === 'old' && old !== null ? [...distinct, old] : distinct, elements, w.at)
  }
  const compute: Recorder['compute'] = ({ nest, reads, at }, box, whole) => {
    const few = narrowed({ nest, reads }, mostArguments, (part, size) => {
      const own = storedElements(part.nest.store, part.nest.outer)
      if (own === null) throw new Error(`gpu: ${part.nest.name} is not dense`)
      return emit({ ...part, box: own, at }, own, dense(size))
    })
    return emit({ ...few, box, at }, box, whole)
  }
  return { values, calls, value, call, compute }
}
