/**
 * The lowering of `webgpu` as a backend: its dispatches in their order, the rows of a dispatch's units mixed in an order that
 * a device may choose, in the arenas that they would have there, computed one element after another in float64. Memory that
 * nothing has written yet is NaN.
 */
import { type Lowered, lowered, type Room } from '../backends/webgpu/program.ts'
import type { Unit } from '../backends/webgpu/units.ts'
import type { Backend, Executable, Named } from '../src/plan/backend.ts'
import { feedsOf } from '../src/plan/feeds.ts'
import type { Kernel, Operand } from '../src/plan/kernel.ts'
import { nestOf } from '../src/plan/nestOf.ts'
import type { Plan } from '../src/plan/plan.ts'
import { at } from '../src/tensor/axes.ts'
import { evaluate } from '../src/tensor/expression.ts'
import { size } from '../src/tensor/shape.ts'
import { rowOf } from './rowOf.ts'

/** Numbers below `n` that look random, the same for the same seed. */
type Draw = (n: number) => number

const drawing = (seed: number): Draw => {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

const shuffled = <A>(list: readonly A[], draw: Draw): readonly A[] => {
  const all = [...list]
  for (let i = all.length - 1; i > 0; i--) {
    const j = draw(i + 1)
    const [a, b] = [at(all, i), at(all, j)]
    all[i] = b
    all[j] = a
  }
  return all
}

/** The rows of a unit, each all its kernels; a kernel that stands alone is one. */
const rowsOf = ({ rows, parts }: Unit): readonly (readonly Kernel[])[] =>
  parts.length === 1
    ? [parts.map((p) => p.kernel)]
    : Array.from({ length: rows }, (_, row) => parts.map(({ kernel }) => rowOf(kernel, row)))

type Memory = readonly Float64Array[]
type Holds = (buffer: number) => { readonly numbers: Float64Array; readonly from: number; readonly size: number }

/** The addresses of an operand under loops, one after another, the last loop fastest. */
const addressesOf = ({ offset, strides }: Operand, sizes: readonly number[]): readonly number[] => {
  const all: number[] = []
  const walk = (loop: number, from: number): void => {
    if (loop === sizes.length) all.push(from)
    else for (let i = 0; i < at(sizes, loop); i++) walk(loop + 1, from + i * at(strides, loop))
  }
  walk(0, offset)
  return all
}

const compute = (kernel: Kernel, holds: Holds): void => {
  const nest = nestOf(kernel)
  const stored = [...nest.outer, ...nest.kept]
  const places = (o: Operand, sizes: readonly number[]) => {
    const { numbers, from, size: all } = holds(o.buffer)
    return addressesOf(o, sizes).map((inside) => {
      if (!(inside >= 0 && inside < all)) throw new Error(`${kernel.name}: element ${inside} of ${all}`)
      return { numbers, place: from + inside }
    })
  }
  const to = places(nest.store, stored)
  const loads = nest.loads.map((o) => places(o, [...stored, ...nest.reduced]))
  const terms = size(nest.reduced)
  const { fold } = nest
  to.forEach(({ numbers, place }, i) => {
    let all = fold?.start ?? Number.NaN
    for (let r = 0; r < terms; r++) {
      const operands = loads.map((load) => {
        const x = at(load, i * terms + r)
        return at(x.numbers, x.place)
      })
      const value = evaluate(nest.expression, operands)
      all = fold === null ? value : evaluate(fold.combine, [all, value])
    }
    numbers[place] = all
  })
}

const executable = (plan: Plan, made: Lowered, draw: Draw): Executable => {
  const memory: Memory = made.layout.arenas.map((n) => new Float64Array(n).fill(Number.NaN))
  const holds: Holds = (buffer) => {
    const { arena, offset } = at(made.layout.places, buffer)
    return { numbers: at(memory, arena), from: offset, size: plan.buffers[buffer]?.size ?? Number.POSITIVE_INFINITY }
  }
  const numbersOf = (buffer: number): Float64Array => {
    const { numbers, from, size: n } = holds(buffer)
    return numbers.subarray(from, from + n)
  }
  for (const buffer of [...made.zeroed, ...plan.inputs.map((p) => p.buffer)]) numbersOf(buffer).fill(0)
  for (const { buffer, data } of plan.constants) numbersOf(buffer).set(data)
  const named = feedsOf(plan)
  const written = new Set<string>()
  const write = (feeds: Named): void => {
    for (const [slot, numbers] of named.checked(feeds)) {
      numbersOf(slot.buffer).set(numbers)
      written.add(slot.name)
    }
  }
  const read = (slots: readonly { readonly name: string; readonly buffer: number }[]): Named =>
    Object.fromEntries(slots.map(({ name, buffer }) => [name, numbersOf(buffer).slice()]))
  return {
    write: async (values) => write(values),
    run: async (feeds) => {
      write(feeds)
      named.complete(written)
      for (const units of made.dispatches)
        for (const row of shuffled(units.flatMap(rowsOf), draw)) for (const kernel of row) compute(kernel, holds)
      return read(plan.outputs)
    },
    read: async (names) => read(names.map(named.find)),
    profile: async () => [],
    description: 'units of webgpu in any order',
    bytes: 0,
    dispose: async () => undefined,
  }
}

/** @param seed of the order */
export const unitsOfWebGpu = (room: Room, seed: number): Backend => ({
  name: 'units of webgpu',
  precision: 'f64',
  memory: { bytesPerNumber: 8, ofHost: true, limits: async () => ({ plan: null, buffer: null }) },
  limits: async () => null,
  compile: async (plan) => executable(plan, lowered(plan, room), drawing(seed)),
})
