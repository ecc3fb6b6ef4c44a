/** Elementwise primitives. Inputs have equal shapes (`ops.ts` broadcasts); each lowers to one scalar expression. */
import * as E from 'fp-ts/lib/Either.js'
import { apply, type Binary, operand, type ScalarFunction, type Unary } from './expression.ts'
import { type Domain, type Primitive, primitive } from './primitive.ts'
import { type Shape, sameShape, text } from './shape.ts'
import { full, type Tensor } from './tensor.ts'

type None = Record<string, never>
export type Elementwise = Primitive<None>

const same = (shapes: readonly Shape[]): E.Either<string, Shape> => {
  const [a = [], b] = shapes
  return b === undefined || sameShape(a, b) ? E.right(a) : E.left(`shapes differ: ${text(a)} and ${text(b)}`)
}

interface Point {
  readonly x: readonly Tensor[]
  readonly y: Tensor
  readonly dy: Tensor
}

const elementwise = (
  fn: ScalarFunction,
  arity: 1 | 2,
  domain: Omit<Domain<None>, 'cases'>,
  vjp: (dy: Tensor, y: Tensor, a: Tensor, b: Tensor) => readonly (Tensor | null)[],
): Elementwise =>
  primitive<None>({
    name: fn,
    shape: same,
    lower: () => ({ kind: 'map', expression: apply(fn, ...[0, 1].slice(0, arity).map(operand)) }),
    vjp: ({ x, y, dy }: Point) => {
      const [a, b] = x
      return a === undefined ? [] : vjp(dy, y, a, b ?? a)
    },
    domain: { ...domain, cases: [{ attributes: {}, shapes: Array.from({ length: arity }, () => [2, 3]) }] },
  })

const unary =
  (p: Elementwise) =>
  (a: Tensor): Tensor =>
    p.apply({}, [a])
const binary =
  (p: Elementwise) =>
  (a: Tensor, b: Tensor): Tensor =>
    p.apply({}, [a, b])
const one = (x: Tensor): Tensor => full(1, x.shape)

/** The table: every scalar function with its interval and its derivative. */
export const elementwisePrimitives: Readonly<Record<ScalarFunction, Elementwise>> = {
  neg: elementwise('neg', 1, { interval: [-4, 4] }, (dy) => [neg(dy)]),
  abs: elementwise('abs', 1, { interval: [-4, 4], kinks: true }, (dy, _y, a) => [
    mul(dy, sub(mul(full(2, a.shape), ge(a, full(0, a.shape))), one(a))),
  ]),
  exp: elementwise('exp', 1, { interval: [-4, 4] }, (dy, y) => [mul(dy, y)]),
  log: elementwise('log', 1, { interval: [0.1, 8] }, (dy, _y, a) => [div(dy, a)]),
  sqrt: elementwise('sqrt', 1, { interval: [0.1, 8] }, (dy, y) => [div(mul(dy, full(0.5, y.shape)), y)]),
  tanh: elementwise('tanh', 1, { interval: [-4, 4] }, (dy, y) => [mul(dy, sub(one(y), mul(y, y)))]),
  sigmoid: elementwise('sigmoid', 1, { interval: [-6, 6] }, (dy, y) => [mul(dy, mul(y, sub(one(y), y)))]),
  add: elementwise('add', 2, { interval: [-4, 4] }, (dy) => [dy, dy]),
  sub: elementwise('sub', 2, { interval: [-4, 4] }, (dy) => [dy, neg(dy)]),
  mul: elementwise('mul', 2, { interval: [-4, 4] }, (dy, _y, a, b) => [mul(dy, b), mul(dy, a)]),
  div: elementwise('div', 2, { interval: [0.5, 4] }, (dy, y, _a, b) => [div(dy, b), neg(div(mul(dy, y), b))]),
  max: elementwise('max', 2, { interval: [-4, 4], kinks: true }, (dy, _y, a, b) => [
    mul(dy, ge(a, b)),
    mul(dy, sub(one(a), ge(a, b))),
  ]),
  ge: elementwise('ge', 2, { interval: [-4, 4], kinks: true }, () => [null, null]),
} satisfies Record<Unary | Binary, Elementwise>

const table = elementwisePrimitives
export const neg = unary(table.neg)
export const abs = unary(table.abs)
export const exp = unary(table.exp)
export const log = unary(table.log)
export const sqrt = unary(table.sqrt)
export const tanh = unary(table.tanh)
export const sigmoid = unary(table.sigmoid)
export const add = binary(table.add)
export const sub = binary(table.sub)
export const mul = binary(table.mul)
export const div = binary(table.div)
export const max = binary(table.max)
export const ge = binary(table.ge)
