/** The error function, and GELU by it. */
import { add, mul, neg } from './arithmetic.ts'
import { range } from './axes.ts'
import { operation } from './errors.ts'
import { exp } from './exponential.ts'
import { X } from './expression.ts'
import { lawful } from './primitive.ts'
import { unary } from './scalar.ts'
import type { Tensor } from './tensor.ts'

const slope = 2 / Math.sqrt(Math.PI)

/** exp(-x^2) without the rounding of x^2: the square of a float32 is exact in float64. */
const gaussian = (x: number): number => {
  const high = Math.fround(x)
  return Math.exp(-high * high) * Math.exp((high - x) * (high + x))
}

/** x > 0 by its series whose terms are all positive: slope exp(-x^2) (x + 2 x^3 / 3 + 4 x^5 / (3 5) + ...). */
const bySeries = (x: number): number => {
  let [term, sum] = [x, x]
  for (let n = 1; term > sum * Number.EPSILON * 2 ** -3; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return slope * gaussian(x) * sum
}

/** 1 - erf(x) for x >= 2.5 by its continued fraction, from the inside out. */
const complement = (x: number): number =>
  (gaussian(x) * (slope / 2)) / range(60, 1).reduceRight((inner, n) => x + n / 2 / inner, x)

const meaning = (x: number): number => {
  const a = Math.abs(x)
  if (!(a > 0)) return x
  const value = a < 2.5 ? bySeries(a) : a < 6 ? 1 - complement(a) : 1
  return x < 0 ? -value : value
}

/** erf(x) = x + x p(x^2) for |x| < 0.93, and 1 - exp(-t - t q(t)) for t = |x| up to 4; minimax, in float32. */
const [small, small2] = [
  0.927734375,
  [-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1],
] as const
const large = [
  -1.7285347e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -1.06777877e-1, -6.34846687e-1, -1.28717512e-1,
] as const

/** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export const erf = unary('erf', {
  meaning,
  as: (x) => {
    const t = X.min(X.abs(x), 4)
    const near = X.add(X.mul(x, X.polynomial(X.mul(x, x), small2)), x)
    const far = X.sub(1, exp.express(X.sub(X.mul(t, X.polynomial(t, large)), t)))
    return X.select(X.le(t, small), near, X.select(X.lt(x, 0), X.neg(far), far))
  },
  cost: 30,
  vjp: ({ x: [a], dy }) => [mul(dy, mul(slope, exp(neg(mul(a, a)))))],
  domain: { interval: [-3, 3] },
})

/** GELU by the error function: x (1 + erf(x / sqrt 2)) / 2. `gelu` is its tanh form. */
export const geluExact = lawful(
  'geluExact',
  { interval: [-4, 4] },
  operation('geluExact', (x: Tensor): Tensor => mul(mul(x, 0.5), add(1, erf(mul(x, Math.SQRT1_2))))),
  (f) => [{ shapes: [[2, 3]], f: (x) => f(x) }],
)
