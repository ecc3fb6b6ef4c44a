/**
 * The cpu backend against a naive interpreter of the kernels' docstrings, bit for bit: same elements, same order of
 * summing, so nothing is left to a tolerance.
 */

import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { binaries, unaries } from '../spec/tensor/apply.ts'
import { element } from '../src/codec/element.ts'
import type { Observed } from '../src/plan/backend.ts'
import type { Contract, Kernel, Nest, Operand } from '../src/plan/kernel.ts'
import type { Plan } from '../src/plan/plan.ts'
import { sumFold } from '../src/tensor/broadcast.ts'
import { type Expression, evaluate } from '../src/tensor/expression.ts'
import { max } from '../src/tensor/reduction.ts'

// ------------------------------------------------------------------------------------------ the naive interpreter
const product = (xs: readonly number[]): number => xs.reduce((p, x) => p * x, 1)
/** Every index of a box, row-major. */
const indices = (sizes: readonly number[]): readonly (readonly number[])[] =>
  sizes.reduce<readonly (readonly number[])[]>(
    (all, n) => all.flatMap((i) => Array.from({ length: n }, (_, j) => [...i, j])),
    [[]],
  )
const dot = (xs: readonly number[], ys: readonly number[]): number =>
  xs.reduce((sum, x, i) => sum + x * (ys[i] ?? Number.NaN), 0)

type Memory = readonly Float64Array[]
const get = (memory: Memory, buffer: number, i: number): number => memory[buffer]?.[i] ?? Number.NaN

const interpretNest = (k: Nest, memory: Memory): void => {
  for (const kept of indices([...k.outer, ...k.kept])) {
    const values = indices(k.reduced).map((r) =>
      evaluate(
        k.expression,
        k.loads.map((l) => get(memory, l.buffer, l.offset + dot([...kept, ...r], l.strides))),
      ),
    )
    const { fold } = k
    const result =
      fold === null ? (values[0] ?? Number.NaN) : values.reduce((a, b) => evaluate(fold.combine, [a, b]), fold.start)
    memory[k.store.buffer]?.fill(result, ...one(k.store.offset + dot(kept, k.store.strides)))
  }
}
const one = (i: number): [number, number] => [i, i + 1]

const interpretContract = (k: Contract, memory: Memory): void => {
  const [free, summed] = [k.axes.filter((x) => x.role !== 'k'), k.axes.filter((x) => x.role === 'k')]
  for (const i of indices(free.map((x) => x.size))) {
    const at = (which: 'a' | 'b', j: readonly number[]): number =>
      get(
        memory,
        k[which].buffer,
        k[which].offset +
          dot(
            i,
            free.map((x) => x[which]),
          ) +
          dot(
            j,
            summed.map((x) => x[which]),
          ),
      )
    const total = indices(summed.map((x) => x.size)).reduce((sum, j) => sum + at('a', j) * at('b', j), 0)
    const cell =
      k.c.offset +
      dot(
        i,
        free.map((x) => x.c),
      )
    memory[k.c.buffer]?.fill(total, ...one(cell))
  }
}

const interpret = (k: Kernel, memory: Memory): void =>
  k.kind === 'nest' ? interpretNest(k, memory) : interpretContract(k, memory)

// ---------------------------------------------------------------------------------------------------- arbitraries
const sizesOf = (low: number, high: number) =>
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: low, maxLength: high })

const expressionOf = (operands: number): fc.Arbitrary<Expression> =>
  fc.letrec<{ e: Expression }>((tie) => ({
    e: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.nat(operands - 1).map((index): Expression => ({ kind: 'operand', index })),
      fc
        .constantFrom(0, -0, 1, -2.5, 1e-7, Infinity, -Infinity, NaN)
        .map((value): Expression => ({ kind: 'constant', value })),
      fc.tuple(fc.constantFrom(...Object.values(unaries)), tie('e')).map(([f, a]) => f(a)),
      fc.tuple(fc.constantFrom(...Object.values(binaries)), tie('e'), tie('e')).map(([f, a, b]) => f(a, b)),
    ),
  })).e

/** Strides that never go outside, with the size of the buffer that they need. */
interface Placed {
  readonly operand: Operand
  readonly size: number
}
const placed = (buffer: number, sizes: readonly number[], strides: readonly number[], room: number): Placed => {
  const ends = sizes.map((n, i) => (n - 1) * element(strides, i))
  const low = ends.reduce((sum, e) => sum + Math.min(0, e), 0)
  const high = ends.reduce((sum, e) => sum + Math.max(0, e), 0)
  return { operand: { buffer, offset: room - low, strides }, size: high - low + 1 + 2 * room }
}
/** Anything readable: broadcasts, flips, overlaps. */
const readable = (buffer: number, sizes: readonly number[]): fc.Arbitrary<Placed> =>
  fc
    .tuple(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: sizes.length, maxLength: sizes.length }), fc.nat(3))
    .map(([strides, room]) => placed(buffer, sizes, strides, room))
/** Every element its own place: axes in any order, with gaps, some flipped. */
const writable = (buffer: number, sizes: readonly number[]): fc.Arbitrary<Placed> =>
  fc
    .tuple(
      fc.shuffledSubarray(
        sizes.map((_, i) => i),
        { minLength: sizes.length },
      ),
      fc.array(fc.constantFrom(1, -1), { minLength: sizes.length, maxLength: sizes.length }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(3),
    )
    .map(([order, signs, gap, room]) => {
      const inner = (i: number): number => product(order.slice(order.indexOf(i) + 1).map((j) => element(sizes, j)))
      return placed(
        buffer,
        sizes,
        sizes.map((_, i) => gap * element(signs, i) * inner(i)),
        room,
      )
    })

interface Case {
  readonly kernel: Kernel
  readonly sizes: readonly number[]
}

const nests: fc.Arbitrary<Case> = fc
  .tuple(sizesOf(0, 2), sizesOf(0, 2), sizesOf(0, 2), fc.constantFrom(null, sumFold, max.fold), fc.boolean())
  .chain(([outer, kept, inner, fold, inPlace]) => {
    const reduced = fold === null ? [] : inner
    const all = [...outer, ...kept, ...reduced]
    return fc
      .tuple(readable(0, all), readable(1, all), writable(2, [...outer, ...kept]), expressionOf(3))
      .map(([x, y, store, expression]): Case => {
        // the third load reads the very element that the store replaces, or what `x` reads
        const self = { ...store.operand, strides: [...store.operand.strides, ...reduced.map(() => 0)] }
        return {
          kernel: {
            kind: 'nest',
            name: 'random nest',
            outer,
            kept,
            reduced,
            fold,
            expression,
            loads: [x.operand, y.operand, inPlace ? self : x.operand],
            store: store.operand,
          },
          sizes: [x.size, y.size, store.size],
        }
      })
  })

const contracts: fc.Arbitrary<Case> = fc
  .tuple(
    fc.array(fc.constantFrom('batch' as const, 'm' as const), { maxLength: 2 }),
    fc.array(fc.constantFrom('batch' as const, 'm' as const, 'n' as const, 'k' as const, 'k' as const), {
      maxLength: 3,
    }),
  )
  .chain(([outer, rest]) => {
    const roles = [...outer, ...rest]
    return fc
      .array(fc.integer({ min: 1, max: 4 }), { minLength: roles.length, maxLength: roles.length })
      .chain((sizes) => {
        const within = (role: string) => sizes.filter((_, i) => roles[i] !== role)
        return fc
          .tuple(readable(0, within('n')), readable(1, within('m')), writable(2, within('k')))
          .map(([a, b, c]): Case => {
            const strides = (p: Placed, without: string): readonly number[] => {
              const rank = (i: number): number => roles.slice(0, i).filter((r) => r !== without).length
              return roles.map((r, i) => (r === without ? 0 : element(p.operand.strides, rank(i))))
            }
            const [sa, sb, sc] = [strides(a, 'n'), strides(b, 'm'), strides(c, 'k')]
            return {
              kernel: {
                kind: 'contract',
                name: 'random contract',
                outer: outer.length,
                axes: roles.map((role, i) => ({
                  role,
                  size: element(sizes, i),
                  a: element(sa, i),
                  b: element(sb, i),
                  c: element(sc, i),
                })),
                a: a.operand,
                b: b.operand,
                c: c.operand,
              },
              sizes: [a.size, b.size, c.size],
            }
          })
      })
  })

// ----------------------------------------------------------------------------------------------------------- laws
const names = ['x', 'y', 'z']
const planOf = ({ kernel, sizes }: Case): Plan => ({
  buffers: sizes.map((size, i) => ({ name: names[i] ?? '', size })),
  inputs: sizes.map((size, buffer) => ({ name: names[buffer] ?? '', buffer, shape: [size] })),
  constants: [],
  ignored: [],
  outputs: sizes.slice(2).map((size) => ({ name: 'z', buffer: 2, shape: [size] })),
  state: [],
  regions: [{ name: kernel.name, extent: 1, kernels: [kernel] }],
  lifetimes: sizes.map(() => null),
})
const numbers = (seed: number, size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => 3 * Math.sin(seed + 12.9898 * i))

const agrees = async (c: Case, seed: number): Promise<void> => {
  const memory = c.sizes.map((size, i) => numbers(seed + i, size))
  const feeds = Object.fromEntries(memory.map((m, i) => [names[i] ?? '', m.slice()]))
  const seen: Observed[] = []
  const executable = await cpu.compile(planOf(c), { observe: (node) => seen.push(node) })
  const { z } = await executable.run(feeds)
  interpret(c.kernel, memory)
  // as lists: the sign of a NaN has no meaning
  deepStrictEqual([...(z ?? [])], [...(memory[2] ?? [])])
  const stored =
    c.kernel.kind === 'nest'
      ? { sizes: [...c.kernel.outer, ...c.kernel.kept], ...c.kernel.store }
      : {
          sizes: c.kernel.axes.filter((x) => x.role !== 'k').map((x) => x.size),
          strides: c.kernel.axes.filter((x) => x.role !== 'k').map((x) => x.c),
          ...c.kernel.c,
        }
  const elements = indices(stored.sizes).map((i) => get(memory, 2, stored.offset + dot(i, stored.strides)))
  deepStrictEqual(
    seen.map(({ name, shape, values }) => ({ name, shape, values: [...values] })),
    [{ name: c.kernel.name, shape: stored.sizes, values: elements }],
  )
}

t.test('a nest stores the reduction of its expression at every element of its store, and writes nothing else', () =>
  fc.assert(fc.asyncProperty(nests, fc.nat(1000), agrees), { numRuns: 300 }),
)

t.test('a contract stores the sum over k of a b under any strides, and writes nothing else', () =>
  fc.assert(fc.asyncProperty(contracts, fc.nat(1000), agrees), { numRuns: 300 }),
)
