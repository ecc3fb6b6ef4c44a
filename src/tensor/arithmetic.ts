/** Arithmetic, maximum and minimum, comparison and selection: the scalar functions that are core operations. */
import { X } from './expression.ts'
import { full } from './leaf.ts'
import { binary, type Operand, ternary, unary } from './scalar.ts'
import type { Tensor } from './tensor.ts'

/** -x, elementwise. */
export const neg = unary('neg', { as: X.neg, vjp: ({ dy }) => [neg(dy)], domain: { interval: [-4, 4] } })

/** a + b, elementwise, with NumPy's broadcasting. */
export const add = binary('add', {
  as: X.add,
  vjp: ({ dy }) => [dy, dy],
  algebra: {
    commutative: true,
    additive: true,
    identity: { left: 0, right: 0 },
    ofEqual: (x) => mul(full(2, x.shape), x),
  },
  domain: { interval: [-4, 4] },
})

/** a - b, elementwise, with NumPy's broadcasting. */
export const sub = binary('sub', {
  as: X.sub,
  vjp: ({ dy }) => [dy, neg(dy)],
  algebra: { identity: { right: 0 } },
  domain: { interval: [-4, 4] },
})

/** a b, elementwise, with NumPy's broadcasting; `matmul` is the matrix product. */
export const mul = binary('mul', {
  as: X.mul,
  vjp: ({ x: [a, b], dy }) => [mul(dy, b), mul(dy, a)],
  algebra: { commutative: true, identity: { left: 1, right: 1 }, absorbing: 0, joinsConstants: true },
  domain: { interval: [-4, 4] },
})

/** a / b, elementwise, with NumPy's broadcasting: infinite or NaN for b = 0, as IEEE says. */
export const div = binary('div', {
  as: X.div,
  vjp: ({ x: [, b], y, dy }) => [div(dy, b), neg(div(mul(dy, y), b))],
  algebra: { identity: { right: 1 } },
  domain: { interval: [0.5, 4] },
})

/** |x|; its gradient at 0 is 0. */
export const abs = unary('abs', {
  as: X.abs,
  vjp: ({ x: [a], dy }) => [mul(dy, sign(a))],
  domain: { interval: [-4, 4], kinks: true },
})

/** The larger of two, NaN if either is NaN; in a tie each gets half of the gradient. */
export const maximum = binary('maximum', {
  as: X.max,
  vjp: ({ x: [a, b], dy }) => [mul(dy, share(gt(a, b), eq(a, b))), mul(dy, share(lt(a, b), eq(a, b)))],
  algebra: { commutative: true, joinsConstants: true, ofEqual: (x) => x },
  domain: { interval: [-4, 4], kinks: true },
})

/** The smaller of two, NaN if either is NaN; in a tie each gets half of the gradient. */
export const minimum = binary('minimum', {
  as: X.min,
  vjp: ({ x: [a, b], dy }) => [mul(dy, share(lt(a, b), eq(a, b))), mul(dy, share(gt(a, b), eq(a, b)))],
  algebra: { commutative: true, joinsConstants: true, ofEqual: (x) => x },
  domain: { interval: [-4, 4], kinks: true },
})

const share = (strict: Tensor, tie: Tensor): Tensor => add(strict, mul(tie, 0.5))

// ------------------------------------------------------------------------------------- comparisons: 1 where so, else 0
const comparison = (name: string, as: typeof X.lt) =>
  binary(name, { as, vjp: () => [null, null], domain: { interval: [-4, 4], kinks: true } })

/** 1 where a < b, else 0; no gradient flows through comparisons. */
export const lt = comparison('lt', X.lt)
/** 1 where a <= b, else 0. */
export const le = comparison('le', X.le)
/** 1 where a > b, else 0. */
export const gt = comparison('gt', (a, b) => X.lt(b, a))
/** 1 where a >= b, else 0. */
export const ge = comparison('ge', (a, b) => X.le(b, a))
/** 1 where a = b, else 0; NaN equals nothing. */
export const eq = comparison('eq', X.eq)
/** 1 where a and b differ, else 0. */
export const ne = comparison('ne', (a, b) => X.sub(1, X.eq(a, b)))

/** -1, 0 (of 0 and of NaN) or 1; no gradient flows through it. */
export const sign = unary('sign', {
  as: (x) => X.sub(X.lt(0, x), X.lt(x, 0)),
  vjp: () => [null],
  domain: { interval: [-4, 4], kinks: true },
})

/** a where the condition is not 0, else b. The gradient goes to the selected one. */
export const where = ternary('where', {
  as: X.select,
  vjp: ({ x: [condition], dy }) => [null, where(condition, dy, 0), where(condition, 0, dy)],
  domain: { interval: [-4, 4], kinks: true },
})

/** x x, elementwise. */
export const square = (x: Operand): Tensor => mul(x, x)
