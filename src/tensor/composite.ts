/**
 * Functions composed of a few primitives but with their own vjp, so that the backward graph stays small and reuses the
 * forward pass. `simplify` expands them; no backend ever sees one.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { add, div, maximum, minimum, mul, sub } from './arithmetic.ts'
import { type Axes, axesOf, range, sizeAt } from './axes.ts'
import { broadcast, sumKept } from './broadcast.ts'
import { configured, operation, orThrow } from './errors.ts'
import { exp, sigmoid, sqrt } from './exponential.ts'
import { type One, one, type Primitive, primitive } from './primitive.ts'
import { max, meanKept } from './reduction.ts'
import { reshape } from './reshape.ts'
import { size } from './shape.ts'
import type { Tensor } from './tensor.ts'

/** The shape rule of a function along axes that preserves the shape. */
const unchanged = ([x]: One, { axes }: { readonly axes: readonly number[] }) =>
  pipe(
    axesOf(axes, x.shape.length),
    E.map(() => x.shape),
  )

// ----------------------------------------------------------------------------------------------------- softmax
export const softmaxPrimitive = primitive<One, { readonly axes: readonly number[] }>({
  name: 'softmax',
  takes: one,
  shape: unchanged,
  lower: ([x], { axes }) => {
    const e = exp(sub(x, max(axes, { keep: true })(x)))
    return { kind: 'expand', into: div(e, sumKept(axes)(e)) }
  },
  vjp: ({ y, attributes: { axes }, dy }) => [mul(y, sub(dy, sumKept(axes)(mul(dy, y))))],
  domain: {
    interval: [-4, 4],
    cases: [
      { attributes: { axes: [1] }, shapes: [[2, 4]] },
      { attributes: { axes: [0, 2] }, shapes: [[2, 2, 2]] },
    ],
  },
})

/** exp(x) / sum exp(x) over one axis or several jointly, safe for large x. Sums to 1. */
export const softmax = configured('softmax', (axes: Axes) => (x: Tensor): Tensor => {
  const places = orThrow('softmax', [x], axesOf(axes, x.shape.length))
  return softmaxPrimitive.apply({ axes: places }, [x])
})

// --------------------------------------------------------------------------------------------------- normalise
type Moments = { readonly axes: readonly number[]; readonly eps: number }

const inverseDeviation = (d: Tensor, { axes, eps }: Moments): Tensor => {
  const variance = meanKept(axes)(mul(d, d))
  return div(1, sqrt(add(variance, eps)))
}
const centred = (x: Tensor, axes: readonly number[]): Tensor => sub(x, meanKept(axes)(x))

export const normalisePrimitive = primitive<One, Moments>({
  name: 'normalise',
  takes: one,
  shape: unchanged,
  lower: ([x], m) => {
    const d = centred(x, m.axes)
    return { kind: 'expand', into: mul(d, inverseDeviation(d, m)) }
  },
  vjp: ({ x: [x], attributes: m, y, dy }) => {
    const r = inverseDeviation(centred(x, m.axes), m)
    const along = meanKept(m.axes)(mul(dy, y))
    return [mul(r, sub(sub(dy, meanKept(m.axes)(dy)), mul(y, along)))]
  },
  domain: {
    interval: [-4, 4],
    cases: [
      { attributes: { axes: [1], eps: 1e-6 }, shapes: [[2, 5]] },
      { attributes: { axes: [0, 2], eps: 1e-2 }, shapes: [[2, 2, 3]] },
    ],
  },
})

/** Zero mean and unit variance over the axes jointly: (x - mean) / sqrt(variance + eps), with the biased variance. */
export const normalise = configured('normalise', (axes: Axes, eps: number) => (x: Tensor): Tensor => {
  const places = orThrow('normalise', [x], axesOf(axes, x.shape.length))
  return normalisePrimitive.apply({ axes: places, eps }, [x])
})

// --------------------------------------------------------------------------------------------- groupNormalise
type Groups = { readonly groups: number; readonly eps: number }

/**
 * x [b, ..., c]: means over all middle axes and the c / groups channels of a group, [b, 1, ..., c]. The channels stay
 * one axis throughout, so that nothing of x's size is ever taken apart.
 */
const groupMean = (x: Tensor, groups: number): Tensor => {
  const rank = x.shape.length
  const [b, c] = [sizeAt(x.shape, 0), sizeAt(x.shape, rank - 1)]
  const channels = reshape([b, groups, c / groups])(sumKept(range(rank - 2, 1))(x))
  const means = mul(sumKept([2])(channels), groups / (size(x.shape) / b))
  return reshape([b, ...range(rank - 2).map(() => 1), c])(broadcast([b, groups, c / groups])(means))
}

const groupMoments = (x: Tensor, { groups, eps }: Groups): { readonly d: Tensor; readonly r: Tensor } => {
  const d = sub(x, groupMean(x, groups))
  return { d, r: div(1, sqrt(add(groupMean(mul(d, d), groups), eps))) }
}

export const groupNormalisePrimitive = primitive<One, Groups>({
  name: 'groupNormalise',
  takes: one,
  shape: ([x], { groups }) => {
    const channels = x.shape.at(-1)
    if (channels === undefined || x.shape.length < 2) return E.left('expected [b, ..., c], at least two axes')
    return Number.isInteger(groups) && groups >= 1 && channels % groups === 0
      ? E.right(x.shape)
      : E.left(`${groups} groups do not divide ${channels} channels`)
  },
  lower: ([x], g) => {
    const { d, r } = groupMoments(x, g)
    return { kind: 'expand', into: mul(d, r) }
  },
  vjp: ({ x: [x], attributes: g, y, dy }) => {
    const { r } = groupMoments(x, g)
    const along = groupMean(mul(dy, y), g.groups)
    return [mul(r, sub(sub(dy, groupMean(dy, g.groups)), mul(y, along)))]
  },
  domain: { interval: [-4, 4], cases: [{ attributes: { groups: 2, eps: 1e-2 }, shapes: [[2, 3, 2, 4]] }] },
})

/** x [b, ..., c]: zero mean and unit variance over the middle axes and the channels of each group jointly. */
export const groupNormalise = configured(
  'groupNormalise',
  (groups: number, eps: number) =>
    (x: Tensor): Tensor =>
      groupNormalisePrimitive.apply({ groups, eps }, [x]),
)

// ------------------------------------------------------------------------------------------------ silu and gelu
type None = Record<string, never>

/** x sigmoid(u(x)) with x u'(x) given: dy s (1 + x u' (1 - s)). */
const gated = (name: string, u: (x: Tensor) => Tensor, slope: (x: Tensor) => Tensor): Primitive<One, None> =>
  primitive<One, None>({
    name,
    takes: one,
    shape: ([x]) => E.right(x.shape),
    lower: ([x]) => ({ kind: 'expand', into: mul(x, sigmoid(u(x))) }),
    vjp: ({ x: [x], dy }) => {
      const s = sigmoid(u(x))
      return [mul(mul(dy, s), add(1, mul(slope(x), sub(1, s))))]
    },
    domain: { interval: [-4, 4], cases: [{ attributes: {}, shapes: [[2, 3]] }] },
  })

export const siluPrimitive = gated(
  'silu',
  (x) => x,
  (x) => x,
)

const [first, third] = [2 * Math.sqrt(2 / Math.PI), 2 * Math.sqrt(2 / Math.PI) * 0.044715]

/** Where sigmoid(u) is 0 or 1 in float64 too; beyond, u is not computed, or infinities would meet zeros. */
const saturated = 30
const within = (x: Tensor): Tensor => minimum(maximum(x, -saturated), saturated)

/** The tanh form, written with 0.5 (1 + tanh v) = sigmoid(2 v): u = x (c + d x^2), x u' = x (c + 3 d x^2). */
export const geluPrimitive = gated(
  'gelu',
  (x) => {
    const c = within(x)
    return mul(c, add(first, mul(mul(c, c), third)))
  },
  (x) => {
    const c = within(x)
    return mul(c, add(first, mul(mul(c, c), 3 * third)))
  },
)

/** x sigmoid(x), also called Swish. */
export const silu = operation('silu', (x: Tensor): Tensor => siluPrimitive.apply({}, [x]))
/** GELU in its tanh approximation. */
export const gelu = operation('gelu', (x: Tensor): Tensor => geluPrimitive.apply({}, [x]))
