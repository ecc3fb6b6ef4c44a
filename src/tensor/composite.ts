/**
 * Functions that stand for a few primitives but know their own derivative, so that the backward graph stays small and
 * reuses what the forward pass has. `simplify` writes them out; no backend ever sees one.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { add, div, exp, mul, sigmoid, sqrt, sub } from './elementwise.ts'
import { broadcast, reshape } from './movement.ts'
import { type Primitive, primitive } from './primitive.ts'
import { reduceMax, sum } from './reduction.ts'
import { fromFront, normaliseAxes, size } from './shape.ts'
import { full, type Tensor } from './tensor.ts'

const to = (x: Tensor, s: Tensor): Tensor => broadcast(x.shape)(s)
const scaled = (x: Tensor, by: number): Tensor => mul(x, full(by, x.shape))

const meanOver =
  (axes: readonly number[]) =>
  (x: Tensor): Tensor =>
    scaled(sum(axes)(x), 1 / size(axes.map((a) => x.shape[a] ?? 1)))

// ----------------------------------------------------------------------------------------------------- softmax
type Axis = { readonly axis: number }

export const softmaxPrimitive: Primitive<Axis> = primitive<Axis>({
  name: 'softmax',
  shape: ([s = []], { axis }) =>
    pipe(
      normaliseAxes([axis], s.length),
      E.map(() => s),
    ),
  lower: ([x], { axis }) => {
    if (x === undefined) throw new RangeError('softmax takes one input')
    const e = exp(sub(x, to(x, reduceMax([axis])(x))))
    return { kind: 'expand', into: div(e, to(x, sum([axis])(e))) }
  },
  vjp: ({ y, dy }, { axis }) => [mul(y, sub(dy, to(y, sum([axis])(mul(dy, y)))))],
  domain: { interval: [-4, 4], cases: [{ attributes: { axis: 1 }, shapes: [[2, 4]] }] },
})

/** Along one axis: exp(x) / sum exp(x), safe for large x. Rows sum to 1. */
export const softmax =
  (axis: number) =>
  (x: Tensor): Tensor =>
    softmaxPrimitive.apply({ axis: fromFront(axis, x.shape.length) }, [x])

// --------------------------------------------------------------------------------------------------- normalise
type Moments = { readonly axes: readonly number[]; readonly eps: number }

const centred = (x: Tensor, axes: readonly number[]): Tensor => sub(x, to(x, meanOver(axes)(x)))
const inverseDeviation = (d: Tensor, { axes, eps }: Moments): Tensor => {
  const variance = meanOver(axes)(mul(d, d))
  return div(full(1, variance.shape), sqrt(add(variance, full(eps, variance.shape))))
}

export const normalisePrimitive: Primitive<Moments> = primitive<Moments>({
  name: 'normalise',
  shape: ([s = []], { axes }) =>
    pipe(
      normaliseAxes(axes, s.length),
      E.map(() => s),
    ),
  lower: ([x], m) => {
    if (x === undefined) throw new RangeError('normalise takes one input')
    const d = centred(x, m.axes)
    return { kind: 'expand', into: mul(d, to(x, inverseDeviation(d, m))) }
  },
  vjp: ({ x: [x], y, dy }, m) => {
    if (x === undefined) return []
    const r = to(x, inverseDeviation(centred(x, m.axes), m))
    const along = to(x, meanOver(m.axes)(mul(dy, y)))
    return [mul(r, sub(sub(dy, to(x, meanOver(m.axes)(dy))), mul(y, along)))]
  },
  domain: {
    interval: [-4, 4],
    cases: [
      { attributes: { axes: [1], eps: 1e-6 }, shapes: [[2, 5]] },
      { attributes: { axes: [0, 2], eps: 1e-2 }, shapes: [[2, 2, 3]] },
    ],
  },
})

/** Zero mean and unit variance over the axes together: (x - mean) / sqrt(variance + eps), the biased variance. */
export const normalise =
  (axes: readonly number[], eps: number) =>
  (x: Tensor): Tensor =>
    normalisePrimitive.apply({ axes: axes.map((a) => fromFront(a, x.shape.length)), eps }, [x])

// --------------------------------------------------------------------------------------------- groupNormalise
type Groups = { readonly groups: number; readonly eps: number }

/**
 * x [b, ..., c]: means over all middle axes and the c / groups channels of a group, [b, 1, ..., c]. The channels stay
 * one axis throughout, so that nothing of x's size is ever taken apart.
 */
const groupMean = (x: Tensor, groups: number): Tensor => {
  const [b = 1, c = 1] = [x.shape[0], x.shape.at(-1)]
  const middle = x.shape.map((_, i) => i).slice(1, -1)
  const channels = reshape([b, groups, c / groups])(sum(middle)(x))
  const means = scaled(sum([2])(channels), groups / (size(x.shape) / b))
  return reshape([b, ...middle.map(() => 1), c])(broadcast([b, groups, c / groups])(means))
}

const groupMoments = (x: Tensor, { groups, eps }: Groups): { readonly d: Tensor; readonly r: Tensor } => {
  const d = sub(x, to(x, groupMean(x, groups)))
  const variance = groupMean(mul(d, d), groups)
  return { d, r: to(x, div(full(1, variance.shape), sqrt(add(variance, full(eps, variance.shape))))) }
}

export const groupNormalisePrimitive: Primitive<Groups> = primitive<Groups>({
  name: 'groupNormalise',
  shape: ([s = []], { groups }) =>
    s.length >= 2 && Number.isInteger((s.at(-1) ?? 1) / groups)
      ? E.right(s)
      : E.left(`${groups} groups do not divide ${s.at(-1)} channels`),
  lower: ([x], g) => {
    if (x === undefined) throw new RangeError('groupNormalise takes one input')
    const { d, r } = groupMoments(x, g)
    return { kind: 'expand', into: mul(d, r) }
  },
  vjp: ({ x: [x], y, dy }, g) => {
    if (x === undefined) return []
    const { r } = groupMoments(x, g)
    const along = to(x, groupMean(mul(dy, y), g.groups))
    return [mul(r, sub(sub(dy, to(x, groupMean(dy, g.groups))), mul(y, along)))]
  },
  domain: { interval: [-4, 4], cases: [{ attributes: { groups: 2, eps: 1e-2 }, shapes: [[2, 3, 2, 4]] }] },
})

/** x [b, ..., c]: zero mean and unit variance over the middle axes and the channels of each group together. */
export const groupNormalise =
  (groups: number, eps: number) =>
  (x: Tensor): Tensor =>
    groupNormalisePrimitive.apply({ groups, eps }, [x])

// ------------------------------------------------------------------------------------------------ silu and gelu
type None = Record<string, never>

/** x sigmoid(u(x)) with u' given: dy s (1 + x (1 - s) u'). */
const gated = (name: string, u: (x: Tensor) => Tensor, slope: (x: Tensor) => Tensor): Primitive<None> =>
  primitive<None>({
    name,
    shape: ([s = []]) => E.right(s),
    lower: ([x]) => {
      if (x === undefined) throw new RangeError(`${name} takes one input`)
      return { kind: 'expand', into: mul(x, sigmoid(u(x))) }
    },
    vjp: ({ x: [x], dy }) => {
      if (x === undefined) return []
      const [s, one] = [sigmoid(u(x)), full(1, x.shape)]
      return [mul(mul(dy, s), add(one, mul(mul(x, slope(x)), sub(one, s))))]
    },
    domain: { interval: [-4, 4], cases: [{ attributes: {}, shapes: [[2, 3]] }] },
  })

export const siluPrimitive = gated(
  'silu',
  (x) => x,
  (x) => full(1, x.shape),
)

const [linearPart, cubicPart] = [2 * Math.sqrt(2 / Math.PI), 2 * Math.sqrt(2 / Math.PI) * 0.044715]
const polynomial =
  (constant: number, square: number) =>
  (x: Tensor): Tensor =>
    add(full(constant, x.shape), scaled(mul(x, x), square))

/** The tanh form, written with 0.5 (1 + tanh v) = sigmoid(2 v): u = x (c + d x^2), u' = c + 3 d x^2. */
export const geluPrimitive = gated(
  'gelu',
  (x) => mul(x, polynomial(linearPart, cubicPart)(x)),
  polynomial(linearPart, 3 * cubicPart),
)

/** x sigmoid(x), also called Swish. */
export const silu = (x: Tensor): Tensor => siluPrimitive.apply({}, [x])
/** GELU in its tanh form. */
export const gelu = (x: Tensor): Tensor => geluPrimitive.apply({}, [x])
