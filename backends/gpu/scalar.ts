/**
 * Scalar expressions for gpu.js: float32 arithmetic, comparison and selection. Arguments are clamped where shader maths is
 * less defined than JavaScript's, so that a function saturates instead of giving NaN: beyond the bounds exp has reached
 * its last float32 value, and tanh and sigmoid have reached theirs in float64 too.
 */

import { exp, log, sigmoid, tanh } from '../../src/tensor/exponential.ts'
import { type Expression, type ScalarFunction, type Term, written, X } from '../../src/tensor/expression.ts'
import { javascript } from '../javascript.ts'

const limited = (a: string, low: number, high: number): string => `Math.min(Math.max(${a}, ${low}), ${high})`

/** The largest float32. */
export const huge = 3.4028234663852886e38

/** Functions that are built into shaders, instead of their expressions over the core. */
const forms: ReadonlyMap<ScalarFunction | null, (a: string) => string> = new Map([
  [exp.fn, (a: string) => `Math.exp(${limited(a, -104, 88.72)})`],
  [log.fn, (a: string) => `Math.log(${a})`],
  [tanh.fn, (a: string) => `Math.tanh(${limited(a, -20, 20)})`],
  [sigmoid.fn, (a: string) => `1 / (1 + Math.exp(0 - ${limited(a, -88, 88)}))`],
])

/** What shaders do not compute before they run, as they would refuse to: the root of a number below 0. */
const notANumber = 'Math.sqrt(0 - 1 - this.thread.x)'

/** A literal; gpu.js has no names for what is not finite. */
export const number = (x: number): string => {
  if (Number.isNaN(x)) return notANumber
  const finite = Math.max(-huge, Math.min(huge, x))
  return finite < 0 ? `(${finite})` : `${finite}`
}

/** Shaders cannot extract a number's exponent exactly: it is found by comparing with powers of two, each step exact. */
const halvings = [64, 32, 16, 8, 4, 2, 1] as const

const takenApart = (x: Term): { readonly mantissa: Expression; readonly exponent: Expression } =>
  halvings.reduce<{ readonly mantissa: Expression; readonly exponent: Expression }>(
    ({ mantissa, exponent }, k) => {
      const large = X.le(2 ** k, mantissa)
      const small = X.lt(mantissa, 2 ** (1 - k))
      return {
        mantissa: X.mul(mantissa, X.select(large, 2 ** -k, X.select(small, 2 ** k, 1))),
        exponent: X.add(exponent, X.mul(k, X.sub(large, small))),
      }
    },
    { mantissa: X.abs(x), exponent: X.mul(0, x) },
  )

/** x 2^n, one power of two after another; beyond 2^192 everything is outside float32. */
const scaled = (x: Term, n: Term): Expression => {
  const down = X.lt(n, 0)
  const steps = [64, 64, ...halvings].reduce<{ readonly value: Expression; readonly left: Expression }>(
    ({ value, left }, k) => {
      const taken = X.le(k, left)
      const factor = X.select(taken, X.select(down, 2 ** -k, 2 ** k), 1)
      return { value: X.mul(value, factor), left: X.sub(left, X.mul(k, taken)) }
    },
    { value: X.add(x, 0), left: X.abs(n) },
  )
  return steps.value
}

/** The nearest whole number, halves to the even one; adding a half first would round once more. */
const nearest = (a: string): string => {
  const floor = `Math.floor(${a})`
  const odd = `${floor} - 2 * Math.floor(0.5 * ${floor})`
  return `${floor} + (${a} - ${floor} > 0.5 ? 1 : (${a} - ${floor} < 0.5 ? 0 : ${odd}))`
}

/** An application to arguments that are at hand; null for what has to be written by simpler means. */
const textOf = (e: Applied, [a = '', b = '', c = '']: readonly string[]): string | null => {
  if (e.kind === 'call') return forms.get(e.fn)?.(a) ?? null
  switch (e.op) {
    case 'neg':
      return `0 - ${a}`
    case 'round':
      return nearest(a)
    case 'exponent':
    case 'mantissa':
    case 'ldexp':
      return null
    default:
      return javascript[e.op](a, b, c)
  }
}

/** The statements of an expression and the name of its value; common subexpressions are computed once. */
export const statements = (
  expression: Expression,
  operands: readonly string[],
): { readonly lines: readonly string[]; readonly value: string } => {
  const lines: string[] = []
  const known = new Map<string, string>()
  const visited = new Map<Expression, string>()
  const visit = (e: Expression): string => {
    const name = visited.get(e) ?? compute(e)
    visited.set(e, name)
    return name
  }
  const compute = (e: Expression): string => {
    if (e.kind === 'operand') return operands[e.index] ?? 'missing'
    if (e.kind === 'constant') return number(e.value)
    const text = textOf(e, e.args.map(visit))
    if (text === null) return visit(plain(e))
    const name = known.get(text) ?? `v${known.size}`
    if (!known.has(text)) lines.push(`const ${name} = ${text}`)
    known.set(text, name)
    return name
  }
  const value = visit(expression)
  return { lines, value }
}

/** An expression as one piece of text. */
export const inline = (e: Expression, operands: readonly string[]): string => {
  if (e.kind === 'operand') return operands[e.index] ?? 'missing'
  if (e.kind === 'constant') return number(e.value)
  const args = e.args.map((a) =>
    a.kind === 'operand' || a.kind === 'constant' ? inline(a, operands) : `(${inline(a, operands)})`,
  )
  return textOf(e, args) ?? inline(plain(e), operands)
}

type Applied = Exclude<Expression, { readonly kind: 'operand' | 'constant' }>

/** The same using the shader's built-in functions. */
const plain = (e: Applied): Expression => {
  if (e.kind === 'call') return written(e)
  const [a, b] = e.args
  if (a === undefined) throw new RangeError(`${e.op} takes an argument`)
  if (e.op === 'ldexp' && b !== undefined) return scaled(a, b)
  const { mantissa, exponent } = takenApart(a)
  return e.op === 'exponent' ? exponent : X.mul(mantissa, X.select(X.lt(a, 0), -1, 1))
}
