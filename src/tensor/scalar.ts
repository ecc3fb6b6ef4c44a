/**
 * Elementwise primitives. One declaration holds a function's float64 semantics, its expression over the core, its cost, its
 * derivative, its algebra and its domain; the resulting value is the function itself, with NumPy's broadcasting, on
 * tensors and plain numbers.
 */
import * as E from 'fp-ts/lib/Either.js'
import { broadcast } from './broadcast.ts'
import { operation, orThrow } from './errors.ts'
import { call, type Expression, operand, type ScalarFunction, type Term, work } from './expression.ts'
import { full } from './leaf.ts'
import {
  type Applied,
  type Domain,
  type One,
  one,
  type Primitive,
  primitive,
  type Takes,
  type Three,
  type Two,
  three,
  two,
} from './primitive.ts'
import { broadcastShapes, type Shape, sameShape, text } from './shape.ts'
import type { Algebra, Tensor } from './tensor.ts'

/** A tensor, or a plain number, which stands for a tensor of shape []. */
export type Operand = Tensor | number
type None = Record<string, never>

/** `B` is the function of expressions. */
interface ScalarDeclaration<Inputs extends readonly Tensor[], M, B> {
  /** The function over the core of expressions, accurate to float32: any backend can print it. */
  readonly as: B
  /** Its value in float64, if the expression is not accurate to the last digit. */
  readonly meaning?: M
  /** Cost of one application in simple operations, an addition is 1; by default counted from the expression. */
  readonly cost?: number
  /** Gradients of the inputs, one each; null where none flows. */
  readonly vjp: (point: Applied<Inputs, None> & { readonly dy: Tensor }) => {
    readonly [K in keyof Inputs]: Tensor | null
  }
  readonly algebra?: Algebra
  /** Where the laws draw, and whether the function has kinks there. */
  readonly domain: Omit<Domain<None>, 'cases'>
}

type Unary = (a: number) => number
type Binary = (a: number, b: number) => number
type Ternary = (a: number, b: number, c: number) => number

/** Properties of scalar functions besides being callable. */
interface Scalar<Inputs extends readonly Tensor[]> {
  readonly primitive: Primitive<Inputs, None>
  /** The function that backends know; null if its expression is inlined wherever it is used. */
  readonly fn: ScalarFunction | null
}
export type UnaryScalar = ((x: Operand) => Tensor) & Scalar<One> & { readonly express: (a: Term) => Expression }
export type BinaryScalar = ((a: Operand, b: Operand) => Tensor) &
  Scalar<Two> & { readonly express: (a: Term, b: Term) => Expression }
export type TernaryScalar = ((a: Operand, b: Operand, c: Operand) => Tensor) &
  Scalar<Three> & { readonly express: (a: Term, b: Term, c: Term) => Expression }

const same = (inputs: readonly Tensor[]): E.Either<string, Shape> => {
  const [first, ...others] = inputs.map((x) => x.shape)
  if (first === undefined) return E.left('at least one input is needed')
  const other = others.find((s) => !sameShape(s, first))
  return other === undefined ? E.right(first) : E.left(`shapes differ: ${text(first)} and ${text(other)}`)
}

const functionOf = (
  name: string,
  body: Expression,
  { meaning, cost = work(body) }: { readonly meaning?: ScalarFunction['meaning']; readonly cost?: number },
): ScalarFunction | null => (meaning === undefined ? null : { name, meaning, body, cost })

const declare = <Inputs extends readonly Tensor[]>(
  name: string,
  takes: Takes<Inputs>,
  operands: readonly Expression[],
  express: () => Expression,
  { vjp, algebra, domain }: Pick<ScalarDeclaration<Inputs, unknown, unknown>, 'vjp' | 'algebra' | 'domain'>,
): Primitive<Inputs, None> =>
  primitive<Inputs, None>({
    name,
    takes,
    shape: same,
    lower: () => ({ kind: 'map', expression: express() }),
    vjp,
    ...(algebra === undefined ? {} : { algebra }),
    domain: { ...domain, cases: [{ attributes: {}, shapes: operands.map(() => [2, 3]) }] },
  })

const tensor = (x: Operand): Tensor => (typeof x === 'number' ? full(x, []) : x)

/** The common broadcast shape. */
const meeting = (name: string, xs: readonly Tensor[]): Shape =>
  xs.reduce<Shape>((shape, x) => orThrow(name, xs, broadcastShapes(shape, x.shape)), [])

const [x0, x1, x2] = [operand(0), operand(1), operand(2)]

/** A unary function. */
export const unary = (name: string, d: ScalarDeclaration<One, Unary, (a: Term) => Expression>): UnaryScalar => {
  const fn = functionOf(name, d.as(x0), d)
  const express = (a: Term): Expression => (fn === null ? d.as(a) : call(fn, [a]))
  const p = declare(name, one, [x0], () => express(x0), d)
  const apply = operation(name, (x: Operand): Tensor => p.apply({}, [tensor(x)]))
  return Object.assign(apply, { primitive: p, fn, express })
}

/** A binary function. */
export const binary = (
  name: string,
  d: ScalarDeclaration<Two, Binary, (a: Term, b: Term) => Expression>,
): BinaryScalar => {
  const fn = functionOf(name, d.as(x0, x1), d)
  const express = (a: Term, b: Term): Expression => (fn === null ? d.as(a, b) : call(fn, [a, b]))
  const p = declare(name, two, [x0, x1], () => express(x0, x1), d)
  const apply = operation(name, (a: Operand, b: Operand): Tensor => {
    const [x, y] = [tensor(a), tensor(b)]
    const to = broadcast(meeting(name, [x, y]))
    return p.apply({}, [to(x), to(y)])
  })
  return Object.assign(apply, { primitive: p, fn, express })
}

/** A ternary function. */
export const ternary = (
  name: string,
  d: ScalarDeclaration<Three, Ternary, (a: Term, b: Term, c: Term) => Expression>,
): TernaryScalar => {
  const fn = functionOf(name, d.as(x0, x1, x2), d)
  const express = (a: Term, b: Term, c: Term): Expression => (fn === null ? d.as(a, b, c) : call(fn, [a, b, c]))
  const p = declare(name, three, [x0, x1, x2], () => express(x0, x1, x2), d)
  const apply = operation(name, (a: Operand, b: Operand, c: Operand): Tensor => {
    const [x, y, z] = [tensor(a), tensor(b), tensor(c)]
    const to = broadcast(meeting(name, [x, y, z]))
    return p.apply({}, [to(x), to(y), to(z)])
  })
  return Object.assign(apply, { primitive: p, fn, express })
}
