/**
 * The one small language of scalar expressions. Every elementwise primitive lowers to it and every backend prints it
 * (JavaScript for `cpu`, WebAssembly text for `wasm`, kernel source for gpu.js).
 *
 * It is not a tensor language: an expression sees one element of each operand and gives one number.
 */
export type Expression =
  | { readonly kind: 'operand'; readonly index: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'apply'; readonly fn: ScalarFunction; readonly args: readonly Expression[] }

export type Unary = 'neg' | 'abs' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'sigmoid'
export type Binary = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'ge'
export type ScalarFunction = Unary | Binary

/** The meaning of every scalar function, in float64; `ge(a, b)` is 1 where a >= b, else 0. */
export const meaning: Readonly<Record<ScalarFunction, (a: number, b: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: Math.max,
  ge: (a, b) => (a >= b ? 1 : 0),
}

export const isScalarFunction = (op: string): op is ScalarFunction => op in meaning

/** Relative cost of one application, in simple operations; the scheduler recomputes what is cheap. */
export const cost: Readonly<Record<ScalarFunction, number>> = {
  neg: 1,
  abs: 1,
  add: 1,
  sub: 1,
  mul: 1,
  max: 1,
  ge: 1,
  div: 4,
  sqrt: 4,
  exp: 12,
  log: 16,
  sigmoid: 16,
  tanh: 16,
}

export const operand = (index: number): Expression => ({ kind: 'operand', index })
export const constant = (value: number): Expression => ({ kind: 'constant', value })
export const apply = (fn: ScalarFunction, ...args: readonly Expression[]): Expression => ({ kind: 'apply', fn, args })

/** Puts an expression in the place of every operand. */
export const substitute = (e: Expression, by: (index: number) => Expression): Expression => {
  switch (e.kind) {
    case 'operand':
      return by(e.index)
    case 'constant':
      return e
    case 'apply':
      return { ...e, args: e.args.map((a) => substitute(a, by)) }
  }
}

/** The value of an expression at one point, in float64. */
export const evaluate = (e: Expression, operands: readonly number[]): number => {
  switch (e.kind) {
    case 'operand':
      return operands[e.index] ?? Number.NaN
    case 'constant':
      return e.value
    case 'apply': {
      const [a = Number.NaN, b = Number.NaN] = e.args.map((x) => evaluate(x, operands))
      return meaning[e.fn](a, b)
    }
  }
}

/** Work of one evaluation, in simple operations. */
export const work = (e: Expression): number =>
  e.kind === 'apply' ? cost[e.fn] + e.args.reduce((sum, a) => sum + work(a), 0) : 0

/** Reads like code: `mul(a, exp(b))` with operands named by letters or by `name`. */
export const show = (e: Expression, name: (index: number) => string = (i) => `x${i}`): string => {
  switch (e.kind) {
    case 'operand':
      return name(e.index)
    case 'constant':
      return String(e.value)
    case 'apply':
      return `${e.fn}(${e.args.map((a) => show(a, name)).join(', ')})`
  }
}
