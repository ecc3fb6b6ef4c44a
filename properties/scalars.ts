/**
 * What scalar functions and the core are on a backend, as tests: through one kernel, and beside what they are in float32
 * by definition. Functions are tried in the form that the backend has of them, and as it prints their expressions.
 */
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { ofAllSizes } from '../src/check/domain.ts'
import { functionOf, isNear } from '../src/check/scalar.ts'
import { evaluate } from '../src/lower/compile.ts'
import type { Backend } from '../src/plan/backend.ts'
import { key, uniform } from '../src/random/key.ts'
import * as exponential from '../src/tensor/exponential.ts'
import {
  type CoreOp,
  type Expression,
  evaluate as evaluateExactly,
  operand,
  type ScalarFunction,
  written,
  X,
} from '../src/tensor/expression.ts'
import { input, type Tensor } from '../src/tensor/ops.ts'
import { primitive, several } from '../src/tensor/primitive.ts'
import { primitives } from '../src/tensor/primitives.ts'

/** A function of one number that is more than its expression, and where it is asked. */
export interface Tried {
  readonly fn: ScalarFunction
  readonly interval: readonly [low: number, high: number]
}

const everywhere = new Set(Object.values(exponential).map((f) => f.primitive.name))
const nowhereElse = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const

/** Those of the table; exponentials and what is made of them are asked about all of float32, others about their domain. */
export const functions: readonly Tried[] = primitives.flatMap((row) =>
  row.cases.flatMap(({ shapes, f }) => {
    const y = shapes.length === 1 ? f(...shapes.map((shape) => input('x', shape))) : null
    // with a number for its other argument it is a function of two
    const fn = y?.inputs.length === 1 ? functionOf(y) : null
    return fn === null ? [] : [{ fn, interval: everywhere.has(row.name) ? nowhereElse : row.domain.interval }]
  }),
)

/** Numbers of every size, and evenly drawn ones, that lie in an interval. */
export const within = ([low, high]: Tried['interval'], seed: number, n: number): readonly number[] => {
  const [from, to] = [Math.max(low, -110), Math.min(high, 110)]
  const even = uniform(key(seed), n).map((u) => Math.fround(from + (to - from) * u))
  return [...ofAllSizes(seed, n), ...even].filter((x) => x >= low && x <= high)
}

// ---------------------------------------------------------------------------------------------------------- numbers
const specials = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  8388609,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
]
const isNormal = (x: number): boolean => Math.abs(x) >= 2 ** -126 && Math.abs(x) < 2 ** 128

/** Distance of two float32 numbers in numbers between them; the signs of 0 and of NaN do not count. */
const apart = (a: number, b: number): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Number.POSITIVE_INFINITY
  const [x = 0, y = 0] = new Int32Array(Float32Array.of(a, b).buffer)
  const place = (bits: number): number => (bits < 0 ? -(bits & 0x7fffffff) : bits)
  return Math.abs(place(x) - place(y))
}

/** What a backend promises. */
export interface Promised {
  /** How far an operation of the core may be off, in units of the last place of float32. */
  readonly core: (op: CoreOp) => number
  /** Is y what a function may be at x? */
  readonly isFunction: (y: number, fn: ScalarFunction, x: number) => boolean
  /** Is everything what it is in IEEE 754: infinities, NaN, numbers that are no longer normal? */
  readonly specials: boolean
}

/** Numbers of every size with special ones among them, or such as every device can hold. */
const drawn = (seed: number, n: number, { specials: all }: Promised): readonly number[] => {
  const numbers = [...ofAllSizes(seed, n)]
  const moderate = (x: number): number => Math.sign(x || 1) * 2 ** (Math.log2(Math.abs(x || 1)) / 4)
  return all
    ? numbers.map((x, i) => (i % 3 === 0 ? (specials[(i / 3 + seed) % specials.length] ?? x) : x))
    : numbers.map((x) => Math.fround(moderate(x)))
}

// ---------------------------------------------------------------------------------------------------------- kernels
/** An operation of as many tensors as an expression has operands. */
const operation = (expression: Expression, xs: readonly [Tensor, ...(readonly Tensor[])]): Tensor =>
  primitive({
    name: 'expression',
    takes: several,
    shape: ([x]) => E.right(x.shape),
    lower: () => ({ kind: 'map', expression }),
    vjp: (): readonly [null] => [null],
    domain: { interval: [0, 1], cases: [] },
  }).apply({}, xs)

type Points = readonly [readonly number[], ...(readonly (readonly number[])[])]

/** Values of some expressions at points, all of them by one plan; a list for each. */
const valuesOf = async (backend: Backend, expressions: Readonly<Record<string, Expression>>, points: Points) => {
  const [first, ...others] = points.map((_, i) => input(`x${i}`, [points[0].length]))
  if (first === undefined) throw new RangeError('an expression of nothing')
  const outputs = Object.fromEntries(
    Object.entries(expressions).map(([name, e]) => [name, operation(e, [first, ...others])]),
  )
  const feeds = Object.fromEntries(points.map((x, i) => [`x${i}`, Float64Array.from(x)]))
  return evaluate(backend, { threads: 1 })(outputs, feeds, [first, ...others])
}

/** An expression of the core alone; what was one part stays one. */
const writtenOut = (whole: Expression): Expression => {
  const known = new Map<Expression, Expression>()
  const of = (e: Expression): Expression => {
    const out =
      known.get(e) ?? (e.kind === 'call' ? of(written(e)) : e.kind === 'core' ? { ...e, args: e.args.map(of) } : e)
    known.set(e, out)
    return out
  }
  return of(whole)
}

const compare = (
  what: string,
  found: ArrayLike<number> | undefined,
  points: Points,
  expected: (x: readonly number[]) => number,
  units: (x: readonly number[]) => number,
): void =>
  points[0].forEach((_, i) => {
    const x = points.map((values) => values[i] ?? Number.NaN)
    const [y, z] = [found?.[i] ?? Number.NaN, expected(x)]
    // what is smaller than the smallest normal number may be 0, or rounded twice
    const tiny = Math.abs(z) <= 2 ** -126 && Math.abs(y) <= 2 ** -126
    const by = tiny ? 0 : apart(y, z)
    if (!(by <= units(x)))
      throw new Error(`${what}(${x.join(', ')}) is ${y}, expected ${Math.fround(z)}: ${by} units apart`)
  })

// ------------------------------------------------------------------------------------------------------------- laws
const [x0, x1, x2] = [operand(0), operand(1), operand(2)]

/** Every operation of the core, and the numbers that it is defined for. */
const coreTable: Readonly<
  Record<CoreOp, { readonly e: Expression; readonly defined?: (x: readonly number[]) => boolean }>
> = {
  neg: { e: X.neg(x0) },
  abs: { e: X.abs(x0) },
  sqrt: { e: X.sqrt(x0) },
  round: { e: X.round(x0) },
  exponent: { e: X.exponent(x0), defined: ([x = 0]) => isNormal(x) },
  mantissa: { e: X.mantissa(x0), defined: ([x = 0]) => isNormal(x) },
  add: { e: X.add(x0, x1) },
  sub: { e: X.sub(x0, x1) },
  mul: { e: X.mul(x0, x1) },
  div: { e: X.div(x0, x1) },
  max: { e: X.max(x0, x1) },
  min: { e: X.min(x0, x1) },
  lt: { e: X.lt(x0, x1) },
  le: { e: X.le(x0, x1) },
  eq: { e: X.eq(x0, x1) },
  ldexp: { e: X.ldexp(x0, X.round(X.max(X.min(x1, 300), -300))), defined: ([, n]) => !Number.isNaN(n) },
  select: { e: X.select(x0, x1, x2) },
}

const isCoreOp = (name: string): name is CoreOp => name in coreTable

export const scalarLaws = (
  name: string,
  backend: Backend,
  promised: Promised,
  options: { readonly skip?: string | false } = {},
): void => {
  const law = (what: string, numRuns: number, holds: (seed: number) => Promise<void>): void => {
    t.test(`${name}: ${what}`, options, () =>
      fc.assert(fc.asyncProperty(fc.nat(2 ** 30), holds), { numRuns, endOnFailure: true, includeErrorInReport: true }),
    )
  }

  law('every operation of the core is what it is in float32', 8, async (seed) => {
    const points = [drawn(seed, 96, promised), drawn(seed + 1, 96, promised), drawn(seed + 2, 96, promised)] as const
    const expressions = Object.fromEntries(Object.entries(coreTable).map(([op, { e }]) => [op, e]))
    const values = await valuesOf(backend, expressions, points)
    for (const [op, { e, defined = () => true }] of Object.entries(coreTable)) {
      if (!isCoreOp(op)) continue
      const units = (x: readonly number[]): number => (defined(x) ? promised.core(op) : Number.POSITIVE_INFINITY)
      compare(op, values[op], points, (x) => evaluateExactly(e, x), units)
    }
  })

  law('every function is its meaning, in the form that the backend has of it and as it prints it', 8, async (seed) => {
    const asked = functions.map(({ fn, interval }, k) => {
      const usual = (x: number): boolean => isNormal(x) && Math.abs(x) < 80 && Number.isFinite(fn.meaning(x))
      const drawn = [...within(interval, seed + k, 64), ...specials]
      const xs = Float64Array.from(drawn.filter((x) => promised.specials || usual(x)))
      const inside = (x: number): boolean => Number.isNaN(x) || (x >= interval[0] && x <= interval[1])
      return { fn, xs, inside, x: input(`x of ${fn.name}`, [xs.length]) }
    })
    const outputs = asked.flatMap(({ fn, x }) => {
      const form: Expression = { kind: 'call', fn, args: [x0] }
      return [
        [`the form of ${fn.name}`, operation(form, [x])] as const,
        [`the expression of ${fn.name}`, operation(writtenOut(form), [x])] as const,
      ]
    })
    const feeds = Object.fromEntries(asked.map(({ fn, xs }) => [`x of ${fn.name}`, xs]))
    const values = await evaluate(backend, { threads: 1 })(Object.fromEntries(outputs), feeds)
    for (const { fn, xs, inside } of asked)
      for (const which of [`the form of ${fn.name}`, `the expression of ${fn.name}`])
        xs.forEach((x, i) => {
          const y = values[which]?.[i] ?? Number.NaN
          if (inside(x) && !promised.isFunction(y, fn, x))
            throw new Error(`${which} at ${x} is ${y}, expected ${Math.fround(fn.meaning(x))}`)
        })
  })
}

/** As near as so many units in the last place of float32. */
export const inUnits =
  (units: number): Promised['isFunction'] =>
  (y, fn, x) =>
    isNear(y, ([at = Number.NaN]) => fn.meaning(at), [x], units)
