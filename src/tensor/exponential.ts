/** exp, log, square root and the sigmoids. */
import { add, div, mul, sub } from './arithmetic.ts'
import { type Expression, type Term, X } from './expression.ts'
import { unary } from './scalar.ts'

/** ln 2 in two parts, the first short enough for its products with small integers to be exact in float32. */
const [ln2High, ln2Low] = [0.693359375, -2.1219444005469057e-4]

/** exp(r) = 1 + r + r^2 p(r) for |r| <= ln 2 / 2, after Cephes' expf. */
const expPolynomial = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
] as const

/** e^x, elementwise. */
export const exp = unary('exp', {
  meaning: Math.exp,
  /** 2^n times a polynomial of the remainder; beyond the bounds the value is 0 or infinity in float32. */
  as: (x) => {
    const c = X.min(X.max(x, -104), 89)
    const n = X.round(X.mul(c, Math.LOG2E))
    const r = X.sub(X.sub(c, X.mul(n, ln2High)), X.mul(n, ln2Low))
    return X.ldexp(X.add(X.add(X.mul(X.mul(r, r), X.polynomial(r, expPolynomial)), r), 1), n)
  },
  cost: 12,
  vjp: ({ y, dy }) => [mul(dy, y)],
  domain: { interval: [-4, 4] },
})

/** log(1 + r) = r - r^2 / 2 + r^3 p(r) for 1 + r in [sqrt 1/2, sqrt 2], after Cephes' logf. */
const logPolynomial = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
] as const

/** The smallest normal float32, and a power of two that scales all smaller numbers to normal ones. */
const [smallestNormal, lift] = [2 ** -126, 23]

const logOfPositive = (x: Term): Expression => {
  const tiny = X.lt(x, smallestNormal)
  const normal = X.select(tiny, X.mul(x, 2 ** lift), x)
  const mantissa = X.mantissa(normal)
  const large = X.lt(Math.SQRT2, mantissa)
  const r = X.sub(X.mul(mantissa, X.select(large, 0.5, 1)), 1)
  const e = X.sub(X.add(X.exponent(normal), large), X.mul(tiny, lift))
  const z = X.mul(r, r)
  const y = X.add(X.mul(X.mul(r, z), X.polynomial(r, logPolynomial)), X.mul(e, ln2Low))
  return X.add(X.add(X.sub(y, X.mul(z, 0.5)), r), X.mul(e, ln2High))
}

/** The natural logarithm: -Infinity of 0, NaN below it. */
export const log = unary('log', {
  meaning: Math.log,
  as: (x) => {
    const positive = X.select(X.lt(x, Number.POSITIVE_INFINITY), logOfPositive(x), x)
    return X.select(X.lt(0, x), positive, X.select(X.eq(x, 0), Number.NEGATIVE_INFINITY, Number.NaN))
  },
  cost: 16,
  vjp: ({ x: [a], dy }) => [div(dy, a)],
  domain: { interval: [0.1, 8] },
})

/** exp(x) - 1, exact also where x is small; -0 stays -0. */
export const expm1 = unary('expm1', {
  meaning: Math.expm1,
  as: (x) => {
    const small = X.mul(x, X.add(1, X.mul(x, X.polynomial(x, expPolynomial))))
    return X.select(X.lt(X.abs(x), Math.LN2 / 2), small, X.sub(exp.express(x), 1))
  },
  cost: 20,
  vjp: ({ y, dy }) => [mul(dy, add(y, 1))],
  domain: { interval: [-2, 2] },
})

/** log(1 + x), exact also where x is small: -Infinity of -1, NaN below it. */
export const log1p = unary('log1p', {
  meaning: Math.log1p,
  as: (x) => {
    const z = X.mul(x, x)
    const small = X.add(X.sub(X.mul(X.mul(x, z), X.polynomial(x, logPolynomial)), X.mul(z, 0.5)), x)
    return X.select(X.lt(X.abs(x), 0.29), small, log.express(X.add(x, 1)))
  },
  cost: 24,
  vjp: ({ x: [a], dy }) => [div(dy, add(a, 1))],
  domain: { interval: [-0.7, 2] },
})

/** The square root, elementwise: NaN below 0; its gradient at 0 is infinite. */
export const sqrt = unary('sqrt', {
  as: X.sqrt,
  vjp: ({ y, dy }) => [div(mul(dy, 0.5), y)],
  domain: { interval: [0.1, 8] },
})

/** 1 / sqrt(x): Infinity of 0. */
export const rsqrt = unary('rsqrt', {
  as: (x) => X.div(1, X.sqrt(x)),
  vjp: ({ y, dy }) => [mul(dy, mul(-0.5, mul(y, mul(y, y))))],
  domain: { interval: [0.3, 8] },
})

/** tanh(x) = x (1 + x^2 p(x^2)) for |x| < 0.625, after Cephes' tanhf; -0 stays -0. */
const tanhPolynomial = [
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
] as const

/** The hyperbolic tangent, elementwise; 1 and -1 are reached. */
export const tanh = unary('tanh', {
  meaning: Math.tanh,
  as: (x) => {
    const [a, z] = [X.abs(x), X.mul(x, x)]
    const small = X.mul(x, X.add(1, X.mul(z, X.polynomial(z, tanhPolynomial))))
    const size = X.sub(1, X.div(2, X.add(exp.express(X.mul(a, 2)), 1)))
    return X.select(X.lt(a, 0.625), small, X.select(X.lt(x, 0), X.neg(size), size))
  },
  cost: 16,
  vjp: ({ y, dy }) => [mul(dy, sub(1, mul(y, y)))],
  domain: { interval: [-4, 4] },
})

/** 1 / (1 + exp(-x)). */
export const sigmoid = unary('sigmoid', {
  meaning: (x) => 1 / (1 + Math.exp(-x)),
  as: (x) => X.div(1, X.add(1, exp.express(X.neg(x)))),
  cost: 16,
  vjp: ({ y, dy }) => [mul(dy, mul(y, sub(1, y)))],
  domain: { interval: [-6, 6] },
})
