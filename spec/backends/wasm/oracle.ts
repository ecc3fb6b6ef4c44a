/**
 * What a plan means, computed the slow and obvious way in float64, with bounds on what float32 may make of it, which
 * every element carries along. Not a backend: no schedule, no memory, no speed.
 */
import { element } from '../../../src/codec/element.ts'
import type { Contract, Kernel, Operand } from '../../../src/plan/kernel.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { sumFold } from '../../../src/tensor/broadcast.ts'
import { operand as argument, type Expression, evaluate as exactValue, X } from '../../../src/tensor/expression.ts'
import type { Fold } from '../../../src/tensor/tensor.ts'

/** A number, and between what float32 may be. */
export interface Near {
  readonly value: number
  readonly low: number
  readonly high: number
}

export const holds = ({ low, high }: Near, x: number): boolean => low <= x && x <= high

const epsilon = 2 ** -23
const exactly = (value: number): Near => ({ value, low: value, high: value })
const nothing = exactly(Number.NaN)
const near = (value: number, ends: readonly number[], slack: number): Near => ({
  value,
  low: Math.min(value, ...ends) - slack,
  high: Math.max(value, ...ends) + slack,
})

type Application = Exclude<Expression, { readonly kind: 'operand' | 'constant' }>

/**
 * Bounds of the arguments, carried through by evaluating the function at them: every function is monotone in each
 * argument, but `abs`, which turns at 0. Where float32 may see two numbers in the other order, a comparison may be 0 or 1.
 */
const applied = (e: Application, a: Near, b: Near): Near => {
  const args = e.args.map((_, i) => argument(i))
  const f = (x: number, y: number): number => exactValue({ ...e, args }, [x, y])
  const fn = e.kind === 'core' ? e.op : e.fn.name
  const value = f(a.value, b.value)
  if (['lt', 'le', 'eq'].includes(fn))
    return a !== b && a.low <= b.high && b.low <= a.high ? { value, low: 0, high: 1 } : exactly(value)
  const corners = [a.low, a.high].flatMap((x) => [b.low, b.high].map((y) => f(x, y)))
  const turn = fn === 'abs' && a.low < 0 && a.high > 0 ? [0] : []
  return near(value, [...corners, ...turn], 4 * epsilon * Math.abs(value) + 1e-37)
}

const evaluate = (e: Expression, operands: readonly Near[]): Near => {
  if (e.kind === 'operand') return operands[e.index] ?? nothing
  if (e.kind === 'constant') return near(Math.fround(e.value), [], epsilon * Math.abs(e.value))
  const args = e.args.map((x) => evaluate(x, operands))
  const [a, b] = args
  if (a === undefined) throw new RangeError('a function of nothing')
  return applied(e, a, b ?? a)
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
  index.reduce((sum, x, i) => sum + x * element(o.strides, i), o.offset)

const product: Expression = X.mul(argument(0), argument(1))

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
    fold: sumFold,
    expression: product,
    loads: [operand(k.a, 'a', [...kept, ...reduced]), operand(k.b, 'b', [...kept, ...reduced])],
    store: operand(k.c, 'c', kept),
  }
}

const most = (xs: readonly number[]): number => Math.max(Number.NEGATIVE_INFINITY, ...xs)
const total = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0)

/** A sum in any order, or a maximum; the one term where nothing is folded. */
const folded = (fold: Fold | null, terms: readonly Near[]): Near => {
  if (fold === null) return terms[0] ?? nothing
  const of = fold === sumFold ? total : most
  const slack = fold === sumFold ? epsilon * terms.length * total(terms.map((t) => Math.abs(t.value))) : 0
  const value = of(terms.map((t) => t.value))
  return { value, low: of(terms.map((t) => t.low)) - slack, high: of(terms.map((t) => t.high)) + slack }
}

const runKernel = (kernel: Kernel, memory: readonly Near[][]): void => {
  const k = loops(kernel)
  for (const i of indices(k.kept)) {
    const terms = [...indices(k.reduced)].map((r) =>
      evaluate(
        k.expression,
        k.loads.map((o) => memory[o.buffer]?.[at(o, [...i, ...r])] ?? nothing),
      ),
    )
    const row = memory[k.store.buffer]
    if (row !== undefined) row[at(k.store, i)] = folded(k.fold, terms)
  }
}

/** Every buffer after a run, given what the inputs held. */
export const interpret = (
  plan: Plan,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
): readonly (readonly Near[])[] => {
  const memory = plan.buffers.map((b): Near[] => Array.from({ length: b.size }, () => nothing))
  const fill = (buffer: number, data: ArrayLike<number>): void => {
    memory[buffer] = Array.from(data, (x) => exactly(Math.fround(x)))
  }
  for (const { buffer, data } of plan.constants) fill(buffer, data)
  for (const { name, buffer } of plan.inputs) fill(buffer, feeds[name] ?? [])
  for (const region of plan.regions) for (const k of region.kernels) runKernel(k, memory)
  return memory
}
