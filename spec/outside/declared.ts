/** Primitives of someone else's: declared outside of the package, with what it exports and nothing more. */
import { either as E } from 'fp-ts'
import {
  add,
  binary,
  broadcast,
  div,
  exp,
  fold,
  log,
  mul,
  neg,
  operand,
  primitive,
  sigmoid,
  silu,
  sub,
  type Term,
  type Two,
  two,
  unary,
  X,
} from '../../src/index.ts'

// ------------------------------------------------------------------------- scalar functions over the core: sin, cos, sinc
/** pi in three parts, the first two short enough for their products with small whole numbers to be exact in float32. */
const pi = [3.140625, 9.675025939941406e-4, 1.509957990978376e-7] as const

/** How many halves of a turn lie below x, and what is left. */
const turns = (x: Term) => {
  const n = X.round(X.mul(x, 1 / Math.PI))
  const r = pi.reduce<Term>((rest, part) => X.sub(rest, X.mul(n, part)), x)
  const odd = X.sub(n, X.mul(2, X.round(X.mul(n, 0.5))))
  return { r, z: X.mul(r, r), sign: X.sub(1, X.mul(2, X.abs(odd))) }
}

/** Taylor's series of sin r / r and of cos r in r^2, for |r| <= pi / 2. */
const [sinSeries, cosSeries] = [
  [1 / 6227020800, -1 / 39916800, 1 / 362880, -1 / 5040, 1 / 120, -1 / 6, 1],
  [-1 / 87178291200, 1 / 479001600, -1 / 3628800, 1 / 40320, -1 / 720, 1 / 24, -1 / 2, 1],
] as const

const sine = (x: Term) => {
  const { r, z, sign } = turns(x)
  return X.mul(sign, X.mul(r, X.polynomial(z, sinSeries)))
}

export const cos = unary('cos', {
  meaning: Math.cos,
  as: (x) => {
    const { z, sign } = turns(x)
    return X.mul(sign, X.polynomial(z, cosSeries))
  },
  vjp: ({ x: [x], dy }) => [neg(mul(dy, sin(x)))],
  domain: { interval: [-6, 6] },
})

export const sin = unary('sin', {
  meaning: Math.sin,
  as: sine,
  vjp: ({ x: [x], dy }) => [mul(dy, cos(x))],
  domain: { interval: [-6, 6] },
})

/** sin x / x, and 1 at 0. */
export const sinc = unary('sinc', {
  meaning: (x) => (x === 0 ? 1 : Math.sin(x) / x),
  as: (x) => X.select(X.eq(x, 0), 1, X.div(sine(x), x)),
  vjp: ({ x: [x], y, dy }) => [mul(dy, div(sub(cos(x), y), x))],
  domain: { interval: [0.5, 6] },
})

// --------------------------------------------------------------------------- with a derivative that is known in closed form
/** log(1 + u) for u >= 0: where 1 + u has lost digits of u, so has log, by the same factor (Kahan). */
const logOfOnePlus = (u: Term) => {
  const w = X.add(1, u)
  return X.select(X.eq(w, 1), u, X.div(X.mul(u, log.express(w)), X.sub(w, 1)))
}

/** log(1 + exp x). */
export const softplus = unary('softplus', {
  meaning: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  as: (x) => X.add(X.max(x, 0), logOfOnePlus(exp.express(X.neg(X.abs(x))))),
  vjp: ({ x: [x], dy }) => [mul(dy, sigmoid(x))],
  domain: { interval: [-20, 20] },
})

/** log(exp a + exp b), with all of its algebra. */
export const logAddExp = binary('logAddExp', {
  meaning: (a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))),
  as: (a, b) =>
    X.select(X.eq(a, b), X.add(a, Math.LN2), X.add(X.max(a, b), logOfOnePlus(exp.express(X.neg(X.abs(X.sub(a, b))))))),
  vjp: ({ x: [a, b], dy }) => [mul(dy, sigmoid(sub(a, b))), mul(dy, sigmoid(sub(b, a)))],
  algebra: {
    commutative: true,
    identity: { left: Number.NEGATIVE_INFINITY, right: Number.NEGATIVE_INFINITY },
    joinsConstants: true,
    ofEqual: (x) => add(x, Math.LN2),
  },
  domain: { interval: [-4, 4] },
})

// ----------------------------------------------------------------------------------------------------------- a composite
/** silu(a) b, with a derivative that computes one sigmoid. */
export const swigluPrimitive = primitive<Two, Record<string, never>>({
  name: 'swiglu',
  takes: two,
  shape: ([a, b]) =>
    a.shape.join() === b.shape.join() ? E.right(a.shape) : E.left('gate and value must have one shape'),
  lower: ([a, b]) => ({ kind: 'expand', into: mul(silu(a), b) }),
  vjp: ({ x: [a, b], dy }) => {
    const s = sigmoid(a)
    const gate = mul(a, s)
    return [mul(mul(dy, b), add(s, mul(gate, sub(1, s)))), mul(dy, gate)]
  },
  domain: {
    interval: [-4, 4],
    cases: [
      {
        attributes: {},
        shapes: [
          [2, 3],
          [2, 3],
        ],
      },
    ],
  },
})

// ----------------------------------------------------------------------------------------------------------- a reduction
/** The product over axes. */
export const product = fold('product', {
  start: 1,
  combine: X.mul,
  ofEqual: (value, count) => value ** count,
  vjp: ({ x, y, dy }) => div(broadcast(x.shape)(mul(dy, y)), x),
  domain: { interval: [0.5, 2] },
})

/** An expression by hand: what `unary` does, with `primitive` alone. */
export const cubePrimitive = primitive({
  name: 'cube',
  takes: (xs): xs is readonly [(typeof xs)[number]] => xs.length === 1,
  shape: ([x]) => E.right(x.shape),
  lower: () => ({ kind: 'map', expression: X.mul(operand(0), X.mul(operand(0), operand(0))) }),
  vjp: ({ x: [x], dy }) => [mul(dy, mul(3, mul(x, x)))],
  domain: { interval: [-2, 2], cases: [{ attributes: {}, shapes: [[2, 3]] }] },
})
