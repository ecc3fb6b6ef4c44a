/** Functions whose rules are right, or wrong in one known way: what the checker must distinguish. */
import { either as E } from 'fp-ts'
import { tanh } from '../../src/tensor/exponential.ts'
import { operand, X } from '../../src/tensor/expression.ts'
import { add, exp, mul, neg, square, sub, type Tensor } from '../../src/tensor/ops.ts'
import { one, primitive, two } from '../../src/tensor/primitive.ts'

type Unary = (x: Tensor) => Tensor

/** What f computes, with a rule of one's own for <dy, f>. */
export const planted = (f: Unary, rule: (x: Tensor, dy: Tensor) => Tensor): Unary => {
  const p = primitive({
    name: 'planted',
    takes: one,
    shape: ([x]) => E.right(x.shape),
    lower: ([x]) => ({ kind: 'expand', into: f(x) }),
    vjp: ({ x: [x], dy }) => [rule(x, dy)],
    domain: { interval: [-1, 1], cases: [] },
  })
  return (x) => p.apply({}, [x])
}

/** tanh with a derivative that is off by `error`, relatively. */
export const plantedTanh = (error: number): Unary => {
  const p = primitive({
    name: 'tanh',
    takes: one,
    shape: ([x]) => E.right(x.shape),
    lower: () => ({ kind: 'map', expression: tanh.express(operand(0)) }),
    vjp: ({ y, dy }) => [mul(mul(dy, add(1, mul(-1, square(y)))), 1 + error)],
    domain: { interval: [-1, 1], cases: [] },
  })
  return (x) => p.apply({}, [x])
}

/** exp whose rule is right in value, while the rule's own derivative is half of what it should be. */
export const frozenExp: Unary = planted(exp, (x, dy) => mul(dy, planted(exp, (at, d) => mul(mul(d, exp(at)), 0.5))(x)))

/** x y whose rule for x gives dy x: right where x = y, and nowhere else. */
export const sameOnly = ({ x, y }: { readonly x: Tensor; readonly y: Tensor }): Tensor => {
  const p = primitive({
    name: 'mul',
    takes: two,
    shape: ([a]) => E.right(a.shape),
    lower: () => ({ kind: 'map', expression: X.mul(operand(0), operand(1)) }),
    vjp: ({ x: [a], dy }) => [mul(dy, a), mul(dy, a)],
    domain: { interval: [-1, 1], cases: [] },
  })
  return p.apply({}, [x, y])
}

// ------------------------------------------------------------------------------------------------------- waves
/** How often sin and cos of x are doubled: waves of 256 x, whose fifth derivative is 256^5 = 10^12. */
const doublings = 8

/** sin and cos of 256 x: Taylor's series of x / 8 (to 1e-19), and the double-angle formulas. */
const waves = (x: Tensor): { readonly sin: Tensor; readonly cos: Tensor } => {
  const t = mul(x, 1 / 8)
  const squared = square(t)
  const series = (first: Tensor, start: number): Tensor => {
    const terms = Array.from({ length: 7 }).reduce<readonly Tensor[]>(
      (all, _, i) => {
        const n = start + 2 * i
        const last = all.at(-1) ?? first
        return [...all, neg(mul(mul(last, squared), 1 / ((n + 1) * (n + 2))))]
      },
      [first],
    )
    return terms.reduce((a, b) => add(a, b))
  }
  const start = { sin: series(t, 1), cos: series(add(mul(t, 0), 1), 0) }
  return Array.from({ length: doublings + 3 }).reduce<typeof start>(
    ({ sin, cos }) => ({ sin: mul(mul(sin, cos), 2), cos: sub(square(cos), square(sin)) }),
    start,
  )
}
const frequency = 2 ** doublings

/** sin 256 x with the rule dy 256 cos 256 x (1 + wrong(sin 256 x)). */
export const wave = (wrong: (sin: Tensor) => Tensor | number): Unary =>
  planted(
    (x) => waves(x).sin,
    (x, dy) => mul(mul(dy, mul(waves(x).cos, frequency)), add(1, wrong(waves(x).sin))),
  )

/** sin 256 x with a right rule, whose own derivative is off by `error`, relatively. */
export const waveOfSecondOrder = (error: number): Unary =>
  planted(
    (x) => waves(x).sin,
    (x, dy) => {
      const cos = planted(
        (at) => waves(at).cos,
        (at, d) => mul(mul(d, mul(waves(at).sin, -frequency)), 1 + error),
      )
      return mul(dy, mul(cos(x), frequency))
    },
  )
