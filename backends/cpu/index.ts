/**
 * The `cpu` backend: plain JavaScript over Float64Array, one kernel at a time. It is the reference: finite differences and
 * gradient laws run here, and the other backends are compared with it; every kernel is a file with breakpoints, and
 * `observe` sees every intermediate. Not fast, and not tiled: a kernel runs over all its rows before the next one starts.
 *
 * Every buffer is a separate array. One that lives only within a run starts as NaN, so that reading uninitialised data
 * shows; state and other persistent buffers start as zeros.
 */
import type { Backend, CompileOptions, Executable, KernelTime } from '../../src/plan/backend.ts'
import { OutOfMemory } from '../../src/plan/errors.ts'
import type { Nest } from '../../src/plan/kernel.ts'
import { nestOf } from '../../src/plan/nestOf.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { at } from '../../src/tensor/axes.ts'
import { availableMemory } from './host.ts'
import { fault, storedShape } from './loops.ts'
import { namedArrays } from './namedArrays.ts'
import { type Called, type Printed, print } from './print.ts'

/** An invalid plan: it addresses elements that do not exist. */
export class PlanError extends Error {
  override readonly name = 'PlanError'
}

type Run = (...arrays: readonly Float64Array[]) => void
interface KernelRun {
  readonly nest: Nest
  readonly run: () => void
}

/** Generated functions cached by source, so that the engine's optimisation of a hot one serves the next plan too. */
const functions = new Map<string, { readonly called: Called; readonly run: Run }>()
const calledAlike = (a: Called, b: Called): boolean => Object.entries(a).every(([name, f]) => b[name] === f)
const build = ({ text, called }: Printed): Run => {
  const known = functions.get(text)
  if (known !== undefined && calledAlike(known.called, called)) return known.run
  const run: Run = new Function('f', text)(called)
  if (functions.size >= 4096) functions.clear()
  functions.set(text, { called, run })
  return run
}

/** Allocation failure is a RangeError. */
const arrays = (plan: Plan): readonly Float64Array[] => {
  const needed = plan.buffers.reduce((sum, b) => sum + Float64Array.BYTES_PER_ELEMENT * b.size, 0)
  const shortage = { what: 'the plan', needed, available: availableMemory(), where: 'cpu' }
  if (shortage.available !== null && needed > shortage.available) throw new OutOfMemory(shortage)
  try {
    return plan.buffers.map((b) => new Float64Array(b.size))
  } catch (cause) {
    throw new OutOfMemory(shortage, { cause })
  }
}

const allocate = (plan: Plan): readonly Float64Array[] => {
  const outside = new Set(plan.inputs.map((p) => p.buffer))
  const memory = arrays(plan).map((array, i) => {
    return plan.lifetimes[i] === null || plan.lifetimes[i] === undefined || outside.has(i) ? array : array.fill(NaN)
  })
  for (const { buffer, data } of plan.constants) memory[buffer]?.set(data)
  return memory
}

const stepsOf = (plan: Plan, memory: readonly Float64Array[]): readonly (readonly KernelRun[])[] =>
  plan.regions.map((region) =>
    region.kernels.map((kernel) => {
      const nest = nestOf(kernel)
      const wrong = fault(nest, plan.buffers)
      if (wrong !== null) throw new PlanError(wrong)
      const printed = print(nest, plan.buffers)
      const f = build(printed)
      const operands = printed.arrays.flatMap((i) => memory[i] ?? [])
      return { nest, run: () => f(...operands) }
    }),
  )

/** The elements that a nest has stored, row-major over its shape. */
const stored = (nest: Nest, memory: readonly Float64Array[]): Float64Array => {
  const { buffer, offset, strides } = nest.store
  const shape = storedShape(nest)
  const source = memory[buffer] ?? new Float64Array()
  const values = new Float64Array(shape.reduce((p, n) => p * n, 1))
  const gather = (axis: number, from: number, to: number): number => {
    const [n, stride] = [shape[axis], strides[axis] ?? 0]
    if (n === undefined) {
      values[to] = source[from] ?? NaN
      return to + 1
    }
    let next = to
    for (let i = 0; i < n; i++) next = gather(axis + 1, from + i * stride, next)
    return next
  }
  gather(0, offset, 0)
  return values
}

/** The buffers as a nest reads them: where it stores in place, that buffer as it was before. */
const asRead = ({ loads, store }: Nest, memory: readonly Float64Array[]): readonly Float64Array[] =>
  loads.some((l) => l.buffer === store.buffer)
    ? memory.map((array, i) => (i === store.buffer ? array.slice() : array))
    : memory

/** Yields to the event loop (Ctrl-C, timers, pages) while a long plan runs. */
const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

const compile = async (plan: Plan, options: CompileOptions = {}): Promise<Executable> => {
  const memory = allocate(plan)
  const regions = stepsOf(plan, memory)
  const { write, ready, read, outputs } = namedArrays(plan, memory)
  const milliseconds = regions.map((steps) => new Float64Array(steps.length))
  let disposed = false

  const runRegion = (steps: readonly KernelRun[], index: number): void => {
    for (const [kernel, { nest, run }] of steps.entries()) {
      const before = options.observe === undefined ? memory : asRead(nest, memory)
      const start = options.profile === true ? performance.now() : 0
      run()
      const times = milliseconds[index]
      if (options.profile === true && times !== undefined)
        times[kernel] = (times[kernel] ?? 0) + performance.now() - start
      options.observe?.({
        name: nest.name,
        shape: storedShape(nest),
        values: stored(nest, memory),
        nest,
        element: (buffer, place) => at(at(before, buffer), place),
      })
    }
  }

  const runAll = async (): Promise<void> => {
    let rested = performance.now()
    for (const [index, steps] of regions.entries()) {
      runRegion(steps, index)
      if (performance.now() - rested > 50) {
        await breath()
        rested = performance.now()
      }
    }
  }

  // calls are serialised, in the order in which they were made
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <A>(job: () => A | Promise<A>): Promise<A> => {
    const result = turn.then(() => {
      if (disposed) throw new PlanError('This executable was disposed of: compile the plan again to run it.')
      return job()
    })
    turn = result.catch(() => undefined)
    return result
  }

  return {
    write: (values) => inTurn(() => write(values)),
    run: (feeds) =>
      inTurn(async () => {
        write(feeds)
        ready()
        await runAll()
        return outputs()
      }),
    read: (names) => inTurn(() => read(names)),
    profile: () =>
      inTurn((): readonly KernelTime[] => {
        if (options.profile !== true) return []
        const times = milliseconds.flatMap((list, region) =>
          Array.from(list, (time, kernel) => ({ region, kernel, milliseconds: time })),
        )
        for (const list of milliseconds) list.fill(0)
        return times
      }),
    description: 'cpu (float64 JavaScript), 1 thread',
    bytes: memory.reduce((sum, array) => sum + array.byteLength, 0),
    dispose: () =>
      inTurn(() => {
        disposed = true
      }),
  }
}

export const cpu: Backend = {
  name: 'cpu',
  precision: 'f64',
  memory: { bytesPerNumber: 8, ofHost: true, limits: async () => ({ plan: availableMemory(), buffer: null }) },
  limits: async () => null,
  compile,
}
