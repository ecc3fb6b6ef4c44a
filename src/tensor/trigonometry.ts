/** Sine and cosine. */
import { mul, neg } from './arithmetic.ts'
import { type Expression, type Term, X } from './expression.ts'
import { unary } from './scalar.ts'

/**
 * pi / 2 in three parts, the first two short enough for their products with whole numbers up to 2^12 to be exact in
 * float32 (Cody and Waite, after Cephes' sinf).
 */
const [first, second, third] = [1.5703125, 4.837512969970703e-4, 7.549789954891882e-8]

/** sin r = r + r z p(z) and cos r = 1 - z / 2 + z^2 q(z) for z = r^2, |r| <= pi / 4; after Cephes. */
const sinPolynomial = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1] as const
const cosPolynomial = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2] as const

/** x = r + n pi / 2: the sine and cosine of r, and n's rest by 4 as -2, -1, 0, 1 or 2. */
const reduced = (x: Term) => {
  const n = X.round(X.mul(x, 2 / Math.PI))
  const r = X.sub(X.sub(X.sub(x, X.mul(n, first)), X.mul(n, second)), X.mul(n, third))
  const z = X.mul(r, r)
  return {
    sine: X.add(r, X.mul(X.mul(r, z), X.polynomial(z, sinPolynomial))),
    cosine: X.add(X.sub(1, X.mul(z, 0.5)), X.mul(X.mul(z, z), X.polynomial(z, cosPolynomial))),
    quarter: X.sub(n, X.mul(4, X.round(X.mul(n, 0.25)))),
  }
}

const signed = (negative: Expression, x: Expression): Expression => X.select(negative, X.neg(x), x)

/** The sine of x in radians. In float32 accurate for |x| up to 4096; beyond it x no longer says which part of a turn it is. */
export const sin = unary('sin', {
  meaning: Math.sin,
  as: (x) => {
    const { sine, cosine, quarter } = reduced(x)
    const chosen = X.select(X.eq(X.abs(quarter), 1), cosine, sine)
    return signed(X.add(X.lt(quarter, 0), X.le(2, quarter)), chosen)
  },
  cost: 24,
  vjp: ({ x: [a], dy }) => [mul(dy, cos(a))],
  domain: { interval: [-8, 8] },
})

/** The cosine of x in radians; accurate as `sin` is. */
export const cos = unary('cos', {
  meaning: Math.cos,
  as: (x) => {
    const { sine, cosine, quarter } = reduced(x)
    const chosen = X.select(X.eq(X.abs(quarter), 1), sine, cosine)
    return signed(X.add(X.lt(0, quarter), X.le(quarter, -2)), chosen)
  },
  cost: 24,
  vjp: ({ x: [a], dy }) => [neg(mul(dy, sin(a)))],
  domain: { interval: [-8, 8] },
})
