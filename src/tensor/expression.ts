/**
 * The language of scalar expressions. Every elementwise primitive lowers to it, and every backend prints its core:
 * arithmetic, comparison, selection, rounding, exponent and mantissa. Any other scalar function, built-in or user-defined,
 * is a call that carries an expression over the core, so a backend that does not know it prints that; a backend may have a
 * faster implementation of its own.
 *
 * It is not a tensor language: an expression reads one element of each operand and gives one number.
 */
export type Expression =
  | { readonly kind: 'operand'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'core'; readonly op: CoreOp; readonly args: readonly Expression[] }
  | { readonly kind: 'call'; readonly fn: ScalarFunction; readonly args: readonly Expression[] }

/** A scalar function outside the core. It is distinct by identity, not by name. */
export interface ScalarFunction {
  readonly name: string
  /** Its value in float64. */
  readonly meaning: (...x: readonly number[]) => number
  /** The same over the core, with operands 0, 1, ... for its arguments; accurate to float32. */
  readonly body: Expression
  /** Cost of one application, in simple operations; the scheduler recomputes what is cheap. */
  readonly cost: number
}

/** Powers of two that float64 holds multiply exactly, subnormal results are rounded once. */
const ldexpOf = (x: number, n: number): number => {
  const low = Math.max(-2000, Math.min(2000, n))
  const half = Math.trunc(low / 3)
  return x * 2 ** half * 2 ** half * 2 ** (low - 2 * half)
}

const roundToEven = (x: number): number => {
  const floor = Math.floor(x)
  const above = x - floor
  const up = above > 0.5 || (above === 0.5 && floor % 2 !== 0)
  return up ? floor + 1 : floor
}

/** floor(log2 |x|), exact for subnormal numbers too; -Infinity of 0, Infinity of an infinity. */
const exponentOf = (x: number): number => {
  const a = Math.abs(x)
  if (!(a > 0 && a < Number.POSITIVE_INFINITY)) return Math.log2(a)
  const guess = Math.floor(Math.log2(a))
  const scaled = ldexpOf(a, -guess)
  return scaled >= 2 ? guess + 1 : scaled < 1 ? guess - 1 : guess
}

/** What every backend prints: float64 semantics, costs in simple operations. Comparisons give 1 or 0, 0 with a NaN. */
export const core = {
  neg: { meaning: (a) => -a, cost: 1 },
  abs: { meaning: Math.abs, cost: 1 },
  sqrt: { meaning: Math.sqrt, cost: 4 },
  /** To the nearest integer, ties to even. */
  round: { meaning: roundToEven, cost: 1 },
  /** floor(log2 |x|) of a normal number. */
  exponent: { meaning: exponentOf, cost: 2 },
  /** x / 2^exponent(x) of a normal number: 1 <= |mantissa| < 2, with the sign of x. */
  mantissa: { meaning: (a) => ldexpOf(a, -exponentOf(a)), cost: 2 },
  add: { meaning: (a, b) => a + b, cost: 1 },
  sub: { meaning: (a, b) => a - b, cost: 1 },
  mul: { meaning: (a, b) => a * b, cost: 1 },
  div: { meaning: (a, b) => a / b, cost: 4 },
  /** The larger; NaN if either is NaN. */
  max: { meaning: (a, b) => Math.max(a, b), cost: 1 },
  /** The smaller; NaN if either is NaN. */
  min: { meaning: (a, b) => Math.min(a, b), cost: 1 },
  lt: { meaning: (a, b) => (a < b ? 1 : 0), cost: 1 },
  le: { meaning: (a, b) => (a <= b ? 1 : 0), cost: 1 },
  eq: { meaning: (a, b) => (a === b ? 1 : 0), cost: 1 },
  /** x 2^n for an integer n. */
  ldexp: { meaning: ldexpOf, cost: 3 },
  /** a where the condition is not 0, else b. */
  select: { meaning: (condition, a, b) => (condition !== 0 ? a : b), cost: 1 },
} satisfies Readonly<Record<string, Core>>

interface Core {
  readonly meaning: (a: number, b: number, c: number) => number
  readonly cost: number
}

export type CoreOp = keyof typeof core

const coreTable: Readonly<Record<CoreOp, Core>> = core

// ------------------------------------------------------------------------------------------------------ building one

/** A number stands for itself. */
export type Term = Expression | number

/** Operand number `index` of a scalar function, as an expression. */
export const operand = (index: number): Expression => ({ kind: 'operand', index })
export const constant = (value: number): Expression => ({ kind: 'constant', value })
const term = (x: Term): Expression => (typeof x === 'number' ? constant(x) : x)

const unary =
  (op: CoreOp) =>
  (a: Term): Expression => ({ kind: 'core', op, args: [term(a)] })
const binary =
  (op: CoreOp) =>
  (a: Term, b: Term): Expression => ({ kind: 'core', op, args: [term(a), term(b)] })

/** Builders of the core, for bodies of scalar functions: `X.add(X.mul(a, b), 1)`. */
export const X = {
  neg: unary('neg'),
  abs: unary('abs'),
  sqrt: unary('sqrt'),
  round: unary('round'),
  exponent: unary('exponent'),
  mantissa: unary('mantissa'),
  add: binary('add'),
  sub: binary('sub'),
  mul: binary('mul'),
  div: binary('div'),
  max: binary('max'),
  min: binary('min'),
  lt: binary('lt'),
  le: binary('le'),
  eq: binary('eq'),
  ldexp: binary('ldexp'),
  select: (condition: Term, a: Term, b: Term): Expression => ({
    kind: 'core',
    op: 'select',
    args: [term(condition), term(a), term(b)],
  }),
  /** c[0] x^n + c[1] x^(n-1) + ... by Horner's rule. */
  polynomial: (x: Term, [highest, ...others]: readonly [number, ...(readonly number[])]): Expression =>
    others.reduce<Expression>((sum, c) => X.add(X.mul(sum, x), c), constant(highest)),
} satisfies Readonly<Record<CoreOp, (a: Term, b: Term, c: Term) => Expression>> & { readonly polynomial: unknown }

/** A scalar function of expressions. */
export const call = (fn: ScalarFunction, args: readonly Term[]): Expression => ({
  kind: 'call',
  fn,
  args: args.map(term),
})

// ------------------------------------------------------------------------------------------------------ reading one

/** What `make` says of an expression and of its parts; a part that stands in several places is asked about once. */
const oncePerPart = <T>(make: (e: Expression, again: (part: Expression) => T) => T): ((e: Expression) => T) => {
  const known = new Map<Expression, T>()
  const again = (e: Expression): T => {
    const found = known.get(e)
    if (found !== undefined) return found
    const made = make(e, again)
    known.set(e, made)
    return made
  }
  return again
}

/** Puts an expression in the place of every operand; what was one part stays one. */
export const substitute = (e: Expression, by: (index: number) => Expression): Expression =>
  oncePerPart<Expression>((x, again) =>
    x.kind === 'operand' ? by(x.index) : x.kind === 'constant' ? x : { ...x, args: x.args.map(again) },
  )(e)

const argumentOf = (args: readonly Expression[], index: number, name: string): Expression => {
  const e = args[index]
  if (e === undefined) throw new RangeError(`${name}: argument ${index} is missing`)
  return e
}

/** A call expanded over its arguments: its body, which may contain further calls. */
export const written = ({ fn, args }: Extract<Expression, { readonly kind: 'call' }>): Expression =>
  substitute(fn.body, (i) => argumentOf(args, i, fn.name))

/** The value of an expression at one point, in float64. */
export const evaluate = (e: Expression, operands: readonly number[]): number =>
  oncePerPart<number>((x, again) =>
    x.kind === 'call' ? x.fn.meaning(...x.args.map(again)) : simple(x, operands, again),
  )(e)

/** The value of an expression as float32 arithmetic finds it: calls are written out, and every step of the core is rounded. */
export const evaluateFloat32 = (e: Expression, operands: readonly number[]): number =>
  oncePerPart<number>((x, again) => (x.kind === 'call' ? again(written(x)) : Math.fround(simple(x, operands, again))))(
    e,
  )

/** An operand, a constant, or an operation of the core on what `of` says of its arguments. */
const simple = (
  e: Exclude<Expression, { readonly kind: 'call' }>,
  operands: readonly number[],
  of: (part: Expression) => number,
): number => {
  switch (e.kind) {
    case 'operand': {
      const x = operands[e.index]
      if (x === undefined) throw new RangeError(`operand ${e.index} is missing`)
      return x
    }
    case 'constant':
      return e.value
    case 'core': {
      const [a = Number.NaN, b = Number.NaN, c = Number.NaN] = e.args.map(of)
      return coreTable[e.op].meaning(a, b, c)
    }
  }
}

/** Work of one evaluation, in simple operations; a part that stands in several places is computed once. */
export const work = (e: Expression): number => {
  let total = 0
  oncePerPart<null>((x, again) => {
    if (x.kind === 'core' || x.kind === 'call') {
      x.args.forEach(again)
      total += x.kind === 'core' ? coreTable[x.op].cost : x.fn.cost
    }
    return null
  })(e)
  return total
}

/** Prints like code: `mul(a, exp(b))` with operands named by letters or by `name`, and `score = exp(b)` for named parts. */
export const show = (
  e: Expression,
  name: (index: number) => string = (i) => `x${i}`,
  named: (part: Expression) => string | null = () => null,
): string => {
  if (e.kind === 'operand') return name(e.index)
  if (e.kind === 'constant') return numeral(e.value)
  const text = `${e.kind === 'core' ? e.op : e.fn.name}(${e.args.map((a) => show(a, name, named)).join(', ')})`
  const own = named(e)
  return own === null ? text : `${own} = ${text}`
}

/** Distinguishes 0 from -0, and NaN and the infinities. */
export const numeral = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))

/**
 * Equal expressions have equal keys, others do not; `id` tells scalar functions apart. A key lists every different part
 * once, arguments first, so that it is as long as the work is and not as the text would be.
 */
export const keyOf = (e: Expression, id: (fn: ScalarFunction) => number): string => {
  const parts = new Map<string, number>()
  oncePerPart<number>((x, again) => {
    const text = partOf(x, again, id)
    const place = parts.get(text) ?? parts.size
    parts.set(text, place)
    return place
  })(e)
  return [...parts.keys()].join(' ')
}

/** One part by the places of its arguments. */
const partOf = (e: Expression, place: (part: Expression) => number, id: (fn: ScalarFunction) => number): string => {
  if (e.kind === 'operand') return `x${e.index}`
  if (e.kind === 'constant') return numeral(e.value)
  const args = e.args.map(place).join()
  return e.kind === 'core' ? `${e.op}(${args})` : `${id(e.fn)}:${e.fn.name}(${args})`
}

/** Numbers objects in the order in which they are first seen. */
export const numbering = <T>(): ((x: T) => number) => {
  const known = new Map<T, number>()
  return (x) => {
    const n = known.get(x) ?? known.size
    known.set(x, n)
    return n
  }
}
