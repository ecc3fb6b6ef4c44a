/**
 * Scalar functions as gpu.js takes them. Arguments are limited where shader maths is looser than JavaScript's, so that a
 * function saturates instead of giving NaN: beyond the limits exp has reached its last float32 value, and tanh and sigmoid
 * have reached theirs in float64 too.
 */
import type { Expression } from '../../src/tensor/expression.ts'
import { javascript, type Printed } from '../javascript.ts'

const limited = (a: string, low: number, high: number): string => `Math.min(Math.max(${a}, ${low}), ${high})`

/** The largest float32. */
export const huge = 3.4028234663852886e38

const scalar: Printed = {
  ...javascript,
  neg: (a) => `0 - ${a}`,
  exp: (a) => `Math.exp(${limited(a, -104, 88.72)})`,
  tanh: (a) => `Math.tanh(${limited(a, -20, 20)})`,
  sigmoid: (a) => `1 / (1 + Math.exp(0 - ${limited(a, -88, 88)}))`,
}

/** A literal; gpu.js has no names for what is not finite. */
export const number = (x: number): string => {
  const finite = Number.isNaN(x) ? x : Math.max(-huge, Math.min(huge, x))
  return finite < 0 ? `(${finite})` : `${finite}`
}

/** The statements of an expression and the name of its value; equal parts are computed once. */
export const statements = (
  expression: Expression,
  operands: readonly string[],
): { readonly lines: readonly string[]; readonly value: string } => {
  const lines: string[] = []
  const known = new Map<string, string>()
  const visit = (e: Expression): string => {
    if (e.kind === 'operand') return operands[e.index] ?? 'missing'
    if (e.kind === 'constant') return number(e.value)
    const [a = '', b = ''] = e.args.map(visit)
    const text = scalar[e.fn](a, b)
    const name = known.get(text) ?? `v${known.size}`
    if (!known.has(text)) lines.push(`const ${name} = ${text}`)
    known.set(text, name)
    return name
  }
  const value = visit(expression)
  return { lines, value }
}
