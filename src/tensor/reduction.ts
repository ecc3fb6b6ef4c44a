/**
 * User-level reductions: over everything, `sum(x)`, or over axes, `sum(axes, { keep })(x)`, which are dropped unless they
 * are kept with size 1.
 */
import { div, eq, mul } from './arithmetic.ts'
import { type Axes, axesOf, range, sizeAt } from './axes.ts'
import { broadcast, keptShape, sumKept } from './broadcast.ts'
import { configured, operation, orThrow } from './errors.ts'
import { type Expression, operand, X } from './expression.ts'
import { type Domain, type One, one, type Primitive, primitive } from './primitive.ts'
import { reshape } from './reshape.ts'
import { size } from './shape.ts'
import type { Fold, Tensor } from './tensor.ts'
import { isTensor } from './tree.ts'

export interface Keep {
  /** Do the axes stay, with size 1, so that the result broadcasts back? */
  readonly keep?: boolean
}

/** A function that makes one number of many; `Options` beside `keep` are its own. */
export interface Reduction<Options = unknown> {
  /** Over all elements: shape []. */
  (x: Tensor): Tensor
  /** Over some axes. */
  (axes: Axes, options?: Keep & Options): (x: Tensor) => Tensor
}

/** From what reduces some axes, given from the front and sorted, and keeps them with size 1. */
export const reduction = <Options = unknown>(
  name: string,
  kept: (axes: readonly number[], options?: Keep & Options) => (x: Tensor) => Tensor,
): Reduction<Options> => {
  const over = configured(name, (axes: Axes, options?: Keep & Options) => (x: Tensor): Tensor => {
    const places = orThrow(name, [x], axesOf(axes, x.shape.length))
    const y = kept(places, options)(x)
    return options?.keep === true ? y : reshape(x.shape.filter((_, i) => !places.includes(i)))(y)
  })
  const whole = operation(name, (x: Tensor): Tensor => reshape([])(kept(range(x.shape.length))(x)))
  function reduce(x: Tensor): Tensor
  function reduce(axes: Axes, options?: Keep & Options): (x: Tensor) => Tensor
  function reduce(first: Tensor | Axes, options?: Keep & Options): Tensor | ((x: Tensor) => Tensor) {
    return isTensor(first) ? whole(first) : over(first, options)
  }
  return reduce
}

type AxesOnly = { readonly axes: readonly number[] }

interface FoldDeclaration {
  readonly start: number
  /** Combines one more element, or two partial results; associative and commutative, `start` is its identity. */
  readonly combine: (a: Expression, b: Expression) => Expression
  readonly ofEqual: Fold['ofEqual']
  /** Gradient of x; y and dy have the reduced axes with size 1. */
  readonly vjp: (point: { readonly x: Tensor; readonly y: Tensor; readonly dy: Tensor }) => Tensor
  readonly domain: Omit<Domain<AxesOnly>, 'cases'>
}

/** A user-defined reduction, given by how it combines elements. */
export const fold = (
  name: string,
  d: FoldDeclaration,
): Reduction & { readonly primitive: Primitive<One, AxesOnly>; readonly fold: Fold } => {
  const combine = d.combine(operand(0), operand(1))
  const rounds = !(combine.kind === 'core' && (combine.op === 'max' || combine.op === 'min'))
  const how: Fold = { name, start: d.start, combine, rounds, ofEqual: d.ofEqual }
  const p = primitive<One, AxesOnly>({
    name,
    takes: one,
    shape: ([x], { axes }) => keptShape(x.shape, axes),
    lower: (_, { axes }) => ({ kind: 'reduce', fold: how, axes }),
    vjp: ({ x: [x], y, dy }) => [d.vjp({ x, y, dy })],
    domain: {
      ...d.domain,
      cases: [
        { attributes: { axes: [1] }, shapes: [[2, 3]] },
        { attributes: { axes: [0, 2] }, shapes: [[2, 3, 4]] },
      ],
    },
  })
  return Object.assign(
    reduction(name, (axes) => (x) => (axes.length === 0 ? x : p.apply({ axes }, [x]))),
    { primitive: p, fold: how },
  )
}

/** Tied elements share the gradient equally. */
const shared = ({ x, y, dy }: { readonly x: Tensor; readonly y: Tensor; readonly dy: Tensor }): Tensor => {
  const axes = x.shape.flatMap((n, i) => (n === y.shape[i] ? [] : [i]))
  const winners = eq(x, broadcast(x.shape)(y))
  return mul(winners, broadcast(x.shape)(div(dy, sumKept(axes)(winners))))
}

/** The sum of all elements, `sum(x)`, or along axes, `sum([-1], { keep: true })(x)`. */
export const sum: Reduction = reduction('sum', sumKept)

/** The largest element; ties share its gradient equally. */
export const max = fold('max', {
  start: Number.NEGATIVE_INFINITY,
  combine: X.max,
  ofEqual: (value) => value,
  vjp: shared,
  domain: { interval: [-4, 4], kinks: true },
})

/** The smallest element; ties share its gradient equally. */
export const min = fold('min', {
  start: Number.POSITIVE_INFINITY,
  combine: X.min,
  ofEqual: (value) => value,
  vjp: shared,
  domain: { interval: [-4, 4], kinks: true },
})

/** The mean over axes that are kept with size 1. */
export const meanKept =
  (axes: readonly number[]) =>
  (x: Tensor): Tensor =>
    mul(sumKept(axes)(x), 1 / size(axes.map((a) => sizeAt(x.shape, a))))

/** The mean of all elements, `mean(x)`, or along axes, `mean([-1], { keep: true })(x)`. */
export const mean: Reduction = reduction('mean', meanKept)
