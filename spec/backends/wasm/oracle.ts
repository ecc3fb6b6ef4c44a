/**
 * What a plan means, computed the slow and obvious way in float64, with a bound on what float32 may make of it: every
 * element carries the sum of the magnitudes that went into it. Not a backend: no schedule, no memory, no speed.
 */
import type { Contract, Kernel, Operand } from '../../../src/lower/kernel.ts'
import type { Plan } from '../../../src/lower/plan.ts'
import type { Expression } from '../../../src/tensor/expression.ts'
import { meaning } from '../../../src/tensor/expression.ts'

/** A number and how far float32 may be from it. */
export interface Near {
  readonly value: number
  readonly error: number
}

const epsilon = 2 ** -23
const near = (value: number, error: number): Near => ({ value, error: error + 4 * epsilon * Math.abs(value) + 1e-37 })

/** Errors of the arguments, carried through by evaluating the function at their ends; every function is monotone. */
const applied = (fn: keyof typeof meaning, a: Near, b: Near): Near => {
  const f = meaning[fn]
  const value = f(a.value, b.value)
  if (fn === 'ge' && Math.abs(a.value - b.value) <= a.error + b.error) return { value, error: a === b ? 0 : 1 }
  const ends = [-1, 1].flatMap((i) => [-1, 1].map((j) => f(a.value + i * a.error, b.value + j * b.error)))
  return near(value, Math.max(...ends.map((e) => Math.abs(e - value))))
}

const evaluate = (e: Expression, operands: readonly Near[]): Near => {
  if (e.kind === 'operand') return operands[e.index] ?? { value: Number.NaN, error: 0 }
  if (e.kind === 'constant') return { value: Math.fround(e.value), error: epsilon * Math.abs(e.value) }
  const args = e.args.map((x) => evaluate(x, operands))
  const [a, b] = args
  if (a === undefined) throw new RangeError(`${e.fn} of nothing`)
  return applied(e.fn, a, b ?? a)
}

const indices = function* (sizes: readonly number[]): Generator<readonly number[]> {
  const count = sizes.reduce((p, n) => p * n, 1)
  for (let i = 0; i < count; i++) {
    let rest = i
    yield sizes
      .toReversed()
      .map((n) => {
        const at = rest % n
        rest = Math.floor(rest / n)
        return at
      })
      .reverse()
  }
}

const at = (o: Operand, index: readonly number[]): number =>
  index.reduce((sum, x, i) => sum + x * (o.strides[i] ?? 0), o.offset)

const product: Expression = {
  kind: 'apply',
  fn: 'mul',
  args: [
    { kind: 'operand', index: 0 },
    { kind: 'operand', index: 1 },
  ],
}

const loops = (k: Kernel) => {
  if (k.kind === 'nest') return { ...k, kept: [...k.outer, ...k.kept] }
  const [kept, reduced] = [k.axes.filter((x) => x.role !== 'k'), k.axes.filter((x) => x.role === 'k')]
  const operand = (o: Contract['a'], of: 'a' | 'b' | 'c', axes: Contract['axes']): Operand => ({
    ...o,
    strides: axes.map((x) => x[of]),
  })
  return {
    kept: kept.map((x) => x.size),
    reduced: reduced.map((x) => x.size),
    fold: 'sum' as const,
    expression: product,
    loads: [operand(k.a, 'a', [...kept, ...reduced]), operand(k.b, 'b', [...kept, ...reduced])],
    store: operand(k.c, 'c', kept),
  }
}

const runKernel = (kernel: Kernel, memory: readonly Near[][]): void => {
  const k = loops(kernel)
  for (const i of indices(k.kept)) {
    const terms = [...indices(k.reduced)].map((r) =>
      evaluate(
        k.expression,
        k.loads.map((o) => memory[o.buffer]?.[at(o, [...i, ...r])] ?? { value: Number.NaN, error: 0 }),
      ),
    )
    const values = terms.map((t) => t.value)
    const spread = terms.reduce((sum, t) => sum + t.error + epsilon * terms.length * Math.abs(t.value), 0)
    const [first = { value: Number.NaN, error: 0 }] = terms
    const result =
      k.fold === null
        ? first
        : k.fold === 'sum'
          ? { value: values.reduce((s, x) => s + x, 0), error: spread }
          : { value: Math.max(Number.NEGATIVE_INFINITY, ...values), error: Math.max(0, ...terms.map((t) => t.error)) }
    const row = memory[k.store.buffer]
    if (row !== undefined) row[at(k.store, i)] = result
  }
}

/** Every buffer after a run, given what the inputs held. */
export const interpret = (
  plan: Plan,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
): readonly (readonly Near[])[] => {
  const memory = plan.buffers.map((b): Near[] =>
    Array.from({ length: b.size }, () => ({ value: Number.NaN, error: 0 })),
  )
  const fill = (buffer: number, data: ArrayLike<number>): void => {
    memory[buffer] = Array.from(data, (x) => ({ value: Math.fround(x), error: 0 }))
  }
  for (const { buffer, data } of plan.constants) fill(buffer, data)
  for (const { name, buffer } of plan.inputs) fill(buffer, feeds[name] ?? [])
  for (const region of plan.regions) for (const k of region.kernels) runKernel(k, memory)
  return memory
}
