/** Powers. */
import { div, eq, mul, sub, where } from './arithmetic.ts'
import { operation } from './errors.ts'
import { exp, log } from './exponential.ts'
import { type Term, X } from './expression.ts'
import { full } from './leaf.ts'
import { lawful } from './primitive.ts'
import { binary, type Operand } from './scalar.ts'
import type { Tensor } from './tensor.ts'

/**
 * exp(b log |a|) with the sign of a where b is odd; a negative a with a b that is not whole is left to the logarithm,
 * which gives NaN.
 */
const express = (a: Term, b: Term) => {
  const half = X.mul(b, 0.5)
  const whole = X.eq(b, X.round(b))
  const odd = X.mul(whole, X.sub(1, X.eq(half, X.round(half))))
  const size = exp.express(X.mul(b, log.express(X.select(whole, X.abs(a), a))))
  const of = X.select(X.mul(odd, X.lt(a, 0)), X.neg(size), size)
  const ofZero = X.select(X.lt(0, b), 0, Number.POSITIVE_INFINITY)
  return X.select(X.eq(b, 0), 1, X.select(X.eq(a, 0), ofZero, of))
}

/** a^b of any two tensors; in float32 the relative error grows with |b log a|, to 1e-5 at the ends of float32. */
const power = binary('pow', {
  meaning: (a, b) => a ** b,
  as: express,
  cost: 40,
  vjp: ({ x: [a, b], y, dy }) => {
    const [zero, none] = [eq(a, 0), eq(b, 0)]
    // where both are 0 the slope is 0, not 0 times 1 / 0
    const less = where(mul(zero, none), 1, sub(b, 1))
    // at a = 0 the value is 0, 1 or infinite for all b nearby, so that its slope along b is 0
    const slope = where(zero, 0, mul(y, log(where(zero, 1, a))))
    return [mul(dy, mul(b, power(a, less))), mul(dy, slope)]
  },
  domain: { interval: [0.5, 3] },
})

/** Exponents up to this are products. */
const mostProducts = 16

/** x^n for a whole n >= 1 by squaring. */
const repeated = (x: Tensor, n: number): Tensor => {
  if (n === 1) return x
  const half = repeated(x, Math.floor(n / 2))
  const square = mul(half, half)
  return n % 2 === 0 ? square : mul(square, x)
}

/**
 * a^b, elementwise, as JavaScript's `**`: 1 for b = 0, NaN for a negative a with a b that is not whole. A number b that is
 * whole and at most 16 in size is a product, exact to rounding and with the right gradients at 0 and for negative a. A
 * negative a has no slope along b: that gradient is NaN.
 */
export const pow = lawful(
  'pow',
  { interval: [0.5, 3] },
  operation('pow', (a: Operand, b: Operand): Tensor => {
    if (typeof a === 'number' || typeof b !== 'number' || !Number.isInteger(b) || Math.abs(b) > mostProducts)
      return power(a, b)
    if (b === 0) return full(1, a.shape)
    return b > 0 ? repeated(a, b) : div(1, repeated(a, -b))
  }),
  (f) => [
    {
      shapes: [
        [2, 3],
        [1, 3],
      ],
      f: (a, b) => f(a, b),
    },
    { shapes: [[2, 3]], f: (a) => f(a, 5) },
    { shapes: [[2, 3]], f: (a) => f(a, -2) },
    { shapes: [[2, 3]], f: (a) => f(a, 0.5) },
  ],
)
