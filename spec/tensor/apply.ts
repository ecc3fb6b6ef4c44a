/** Expressions by the names of scalar functions, for kernels that specs and laws write by hand. */
import * as arithmetic from '../../src/tensor/arithmetic.ts'
import * as exponential from '../../src/tensor/exponential.ts'
import { type Expression, X } from '../../src/tensor/expression.ts'

/** One argument. */
export const unaries = {
  neg: X.neg,
  abs: X.abs,
  sqrt: X.sqrt,
  round: X.round,
  exp: exponential.exp.express,
  log: exponential.log.express,
  tanh: exponential.tanh.express,
  sigmoid: exponential.sigmoid.express,
}
/** Two arguments. */
export const binaries = {
  add: X.add,
  sub: X.sub,
  mul: X.mul,
  div: X.div,
  max: X.max,
  min: X.min,
  ge: arithmetic.ge.express,
  lt: X.lt,
  eq: X.eq,
}

export type UnaryName = keyof typeof unaries
export type BinaryName = keyof typeof binaries

const isUnary = (fn: UnaryName | BinaryName): fn is UnaryName => fn in unaries

export const apply = (fn: UnaryName | BinaryName, a: Expression, b: Expression = a): Expression =>
  isUnary(fn) ? unaries[fn](a) : binaries[fn](a, b)
