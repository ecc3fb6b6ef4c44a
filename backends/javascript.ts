/** Scalar functions as JavaScript, for backends whose kernels are written in it. */
import type { ScalarFunction } from '../src/tensor/expression.ts'

export type Printed = Readonly<Record<ScalarFunction, (a: string, b: string) => string>>

export const javascript: Printed = {
  neg: (a) => `-${a}`,
  abs: (a) => `Math.abs(${a})`,
  exp: (a) => `Math.exp(${a})`,
  log: (a) => `Math.log(${a})`,
  sqrt: (a) => `Math.sqrt(${a})`,
  tanh: (a) => `Math.tanh(${a})`,
  sigmoid: (a) => `1 / (1 + Math.exp(-${a}))`,
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  mul: (a, b) => `${a} * ${b}`,
  div: (a, b) => `${a} / ${b}`,
  max: (a, b) => `Math.max(${a}, ${b})`,
  ge: (a, b) => `${a} >= ${b} ? 1 : 0`,
}
