/** The core of scalar expressions as JavaScript, for backends whose kernels are written in it. */
import type { CoreOp } from '../src/tensor/expression.ts'

export type Printed<Op extends string> = Readonly<Record<Op, (a: string, b: string, c: string) => string>>

/** Operators that are the same everywhere; rounding and bit manipulation are each backend's own. */
export const javascript: Printed<Exclude<CoreOp, 'round' | 'exponent' | 'mantissa' | 'ldexp'>> = {
  neg: (a) => `-${a}`,
  abs: (a) => `Math.abs(${a})`,
  sqrt: (a) => `Math.sqrt(${a})`,
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  max: (a, b) => `Math.max(${a}, ${b})`,
  min: (a, b) => `Math.min(${a}, ${b})`,
  lt: (a, b) => `${a} < ${b} ? 1 : 0`,
  le: (a, b) => `${a} <= ${b} ? 1 : 0`,
  eq: (a, b) => `${a} === ${b} ? 1 : 0`,
  select: (a, b, c) => `${a} !== 0 ? ${b} : ${c}`,
}
