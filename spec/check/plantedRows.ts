/** Primitives that are wrong in one known way, each with the words of the law that has to notice. */
import { either as E } from 'fp-ts'
import {
  type Algebra,
  add,
  binary,
  broadcast,
  div,
  exp,
  fold,
  log,
  mul,
  neg,
  one,
  primitive,
  type Row,
  sigmoid,
  sub,
  type Tensor,
  type Term,
  tanh,
  unary,
  X,
} from '../../src/index.ts'

export interface Planted {
  readonly what: string
  readonly row: Row
  /** Laws that must fail, and no others. */
  readonly fails: readonly RegExp[]
}

// ----------------------------------------------------------------------------------------------------------- derivatives
const adjoint = /<dy, J v> = <J' dy, v>/
const domain = { interval: [-2, 2] } as const

const rules: readonly Planted[] = [
  {
    what: 'a derivative that is off by a thousandth',
    row: unary('planted', {
      as: tanh.express,
      vjp: ({ y, dy }) => [mul(mul(dy, sub(1, mul(y, y))), 1.001)],
      domain,
    }).primitive,
    fails: [adjoint],
  },
  {
    what: 'a second derivative that is off by a thousandth',
    row: unary('planted', {
      as: exp.express,
      vjp: ({ x: [x], dy }) => {
        const slope = unary('slope', { as: exp.express, vjp: ({ y, dy: d }) => [mul(mul(d, y), 1.001)], domain })
        return [mul(dy, slope(x))]
      },
      domain,
    }).primitive,
    fails: [adjoint],
  },
  {
    what: 'a derivative that is right only where both inputs are equal',
    row: binary('planted', { as: X.mul, vjp: ({ x: [a], dy }) => [mul(dy, a), mul(dy, a)], domain }).primitive,
    fails: [adjoint],
  },
  {
    what: 'a derivative that is not linear in dy',
    row: unary('planted', { as: X.neg, vjp: ({ dy }) => [neg(mul(dy, dy))], domain }).primitive,
    fails: [adjoint, /linear in dy/],
  },
  {
    what: 'a gradient that has not the shape of its input',
    row: primitive({
      name: 'planted',
      takes: one,
      shape: ([x]) => E.right(x.shape),
      lower: ([x]) => ({ kind: 'expand', into: mul(x, 2) }),
      vjp: ({ dy }) => [broadcast([2, ...dy.shape])(dy)],
      domain: { ...domain, cases: [{ attributes: {}, shapes: [[3]] }] },
    }),
    fails: [adjoint, /shape of its input/],
  },
]

// --------------------------------------------------------------------------------------------------------------- algebra
const halves = { vjp: ({ dy }: { readonly dy: Tensor }) => [mul(dy, 0.5), mul(dy, 0.5)] as const, domain }
const mean = (algebra: Algebra): Row =>
  binary('planted', { as: (a, b) => X.mul(X.add(a, b), 0.5), algebra, ...halves }).primitive
const difference = (algebra: Algebra): Row =>
  binary('planted', { as: X.sub, vjp: ({ dy }) => [dy, neg(dy)], algebra, domain }).primitive
/** sqrt(a^2 + b^2), which 0 leaves as it is only where that is positive. */
const hypotenuse = (algebra: Algebra): Row =>
  binary('planted', {
    as: (a, b) => X.sqrt(X.add(X.mul(a, a), X.mul(b, b))),
    vjp: ({ x: [a, b], y, dy }) => [mul(dy, div(a, y)), mul(dy, div(b, y))],
    algebra,
    domain: { interval: [0.5, 2] },
  }).primitive

const claims: readonly Planted[] = [
  { what: 'a difference is commutative', row: difference({ commutative: true }), fails: [/f\(a, b\) = f\(b, a\)/] },
  {
    what: 'constants of means meet',
    row: mean({ joinsConstants: true }),
    fails: [/f\(f\(a, b\), c\) = f\(a, f\(b, c\)\)/],
  },
  {
    what: '0 is the left identity of a difference',
    row: difference({ identity: { left: 0 } }),
    fails: [/f\(0, b\) = b/],
  },
  {
    what: '1 is the right identity of a difference',
    row: difference({ identity: { right: 1 } }),
    fails: [/f\(a, 1\) = a/],
  },
  { what: '0 is the identity of a hypotenuse', row: hypotenuse({ identity: { right: 0 } }), fails: [/f\(a, 0\) = a/] },
  {
    what: '0 absorbs in a mean',
    row: mean({ absorbing: 0 }),
    fails: [/f\(0, b\) = 0/, /f\(a, 0\) = 0/],
  },
  { what: 'a mean is a sum', row: mean({ additive: true }), fails: [/a \+ b where one of them is 0/] },
  {
    what: 'the mean of equal numbers is off by a thousandth',
    row: mean({ ofEqual: (x) => mul(x, 1.001) }),
    fails: [/f\(a, a\)/],
  },
  {
    what: 'an operation that simplifies itself to something else',
    row: primitive({
      name: 'planted',
      takes: one,
      shape: ([x]) => E.right(x.shape),
      lower: ([x]) => ({ kind: 'expand', into: mul(x, 2) }),
      vjp: ({ dy }) => [mul(dy, 2)],
      simplify: ({ x: [x] }) => add(x, mul(x, 1.001)),
      domain: { ...domain, cases: [{ attributes: {}, shapes: [[3]] }] },
    }),
    fails: [/simplifies itself/],
  },
]

// ----------------------------------------------------------------------------------------------------- scalars and folds
const body = /expression in float32/
const softplus = (as: (x: Term) => ReturnType<typeof X.add>): Row =>
  unary('planted', {
    meaning: (x) => Math.log1p(Math.exp(x)),
    as,
    vjp: ({ x: [x], dy }) => [mul(dy, sigmoid(x))],
    domain: { interval: [-20, 20] },
  }).primitive

const scalars: readonly Planted[] = [
  {
    what: 'an expression that is off by a millionth',
    row: unary('planted', {
      meaning: Math.tanh,
      as: (x) => X.mul(tanh.express(x), 1 + 1e-6),
      vjp: ({ y, dy }) => [mul(dy, sub(1, mul(y, y)))],
      domain,
    }).primitive,
    fails: [body],
  },
  {
    what: 'log(1 + exp x), which forgets what is small beside 1',
    row: softplus((x) => log.express(X.add(1, exp.express(x)))),
    fails: [body],
  },
]

const squares = (f: Tensor): Tensor => mul(f, 2)
const anyOrder = /any order/
const foldOf = (
  start: number,
  combine: (a: Term, b: Term) => ReturnType<typeof X.add>,
  ofEqual: (x: number, n: number) => number,
) =>
  fold('planted', {
    start,
    combine,
    ofEqual,
    vjp: ({ x, dy }) => broadcast(x.shape)(dy),
    domain,
  }).primitive

const folds: readonly Planted[] = [
  {
    what: 'a sum of squares that squares what others have folded',
    row: fold('planted', {
      start: 0,
      combine: (a, b) => X.add(a, X.mul(b, b)),
      ofEqual: (value, count) => count * value * value,
      vjp: ({ x, dy }) => mul(broadcast(x.shape)(dy), squares(x)),
      domain,
    }).primitive,
    fails: [anyOrder],
  },
  { what: 'a sum that starts at a thousandth', row: foldOf(1e-3, X.add, (x, n) => x * n), fails: [anyOrder] },
  {
    what: 'a sum of equal numbers that counts one too few',
    row: foldOf(0, X.add, (x, n) => x * (n - 1)),
    fails: [anyOrder],
  },
]

export const plantedRows: readonly Planted[] = [...rules, ...claims, ...scalars, ...folds]
