/** The logarithm of a sum of exponentials, and of softmax. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { abs, add, lt, mul, sub, where } from './arithmetic.ts'
import { type Axes, axesOf } from './axes.ts'
import { keptShape, sumKept } from './broadcast.ts'
import { softmax } from './composite.ts'
import { configured, orThrow } from './errors.ts'
import { exp, log } from './exponential.ts'
import { type One, one, type Primitive, primitive } from './primitive.ts'
import { max, reduction } from './reduction.ts'
import type { Tensor } from './tensor.ts'

type AxesOnly = { readonly axes: readonly number[] }

const cases = [
  { attributes: { axes: [1] }, shapes: [[2, 4]] },
  { attributes: { axes: [0, 2] }, shapes: [[2, 2, 2]] },
] as const

const logSumExpPrimitive: Primitive<One, AxesOnly> = primitive<One, AxesOnly>({
  name: 'logSumExp',
  takes: one,
  shape: ([x], { axes }) => keptShape(x.shape, axes),
  lower: ([x], { axes }) => {
    const largest = max(axes, { keep: true })(x)
    // infinite where all are -Infinity or one is Infinity, and no number to subtract
    const m = where(lt(abs(largest), Number.POSITIVE_INFINITY), largest, 0)
    return { kind: 'expand', into: add(m, log(sumKept(axes)(exp(sub(x, m))))) }
  },
  vjp: ({ x: [x], attributes: { axes }, dy }) => [mul(softmax(axes)(x), dy)],
  domain: { interval: [-4, 4], cases },
})

/** log sum exp(x) over all elements or along axes, safe for large x; -Infinity where all are. */
export const logSumExp = Object.assign(
  reduction('logSumExp', (axes) => (x) => (axes.length === 0 ? x : logSumExpPrimitive.apply({ axes }, [x]))),
  { primitive: logSumExpPrimitive },
)

export const logSoftmaxPrimitive: Primitive<One, AxesOnly> = primitive<One, AxesOnly>({
  name: 'logSoftmax',
  takes: one,
  shape: ([x], { axes }) =>
    pipe(
      axesOf(axes, x.shape.length),
      E.map(() => x.shape),
    ),
  lower: ([x], { axes }) => {
    const d = sub(x, max(axes, { keep: true })(x))
    return { kind: 'expand', into: sub(d, log(sumKept(axes)(exp(d)))) }
  },
  vjp: ({ y, attributes: { axes }, dy }) => [sub(dy, mul(exp(y), sumKept(axes)(dy)))],
  domain: { interval: [-4, 4], cases },
})

/** log softmax(x) over one axis or several together, safe where softmax would be 0. */
export const logSoftmax = configured('logSoftmax', (axes: Axes) => (x: Tensor): Tensor => {
  const places = orThrow('logSoftmax', [x], axesOf(axes, x.shape.length))
  return logSoftmaxPrimitive.apply({ axes: places }, [x])
})
