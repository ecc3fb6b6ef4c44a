/** Functions with one straight piece: clip and relu. */
import { gt, le, lt, where } from './arithmetic.ts'
import { configured, refuse } from './errors.ts'
import { X } from './expression.ts'
import { lawful } from './primitive.ts'
import { type Operand, unary } from './scalar.ts'
import type { Tensor } from './tensor.ts'

/** The larger of x and 0, NaN of NaN; its gradient at 0 is 0. */
export const relu = unary('relu', {
  as: (x) => X.select(X.le(x, 0), 0, x),
  vjp: ({ x: [a], dy }) => [where(le(a, 0), 0, dy)],
  domain: { interval: [-4, 4], kinks: true },
})

/**
 * x where it lies between low and high, else the nearer of the two; NaN of NaN. Bounds are numbers or tensors that
 * broadcast with x. On a bound the gradient is x's. Numbers with low above high are refused.
 */
export const clip = lawful(
  'clip',
  { interval: [-4, 4], kinks: true },
  configured('clip', (low: Operand, high: Operand) => {
    if (typeof low === 'number' && typeof high === 'number' && !(low <= high))
      return refuse(`low is ${low} and high ${high}, expected low <= high`)
    return (x: Tensor): Tensor => where(lt(x, low), low, where(gt(x, high), high, x))
  }),
  (f) => [{ shapes: [[2, 3]], f: (x) => f(-1.5, 2)(x) }],
)
