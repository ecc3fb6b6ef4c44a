/**
 * A checker for gradients of any function of tensors, yours included. It proves nothing: it compares the reverse mode
 * with central differences along random directions v, |v| = 1,
 *
 *   <dy, J v> = <J' dy, v>        one input after another, so that a report can name the one that is wrong,
 *
 * and, for the second order, does the same to the gradient as a function of the inputs and of dy. Differences are of
 * fourth order (difference.ts), so in float64 a right rule agrees to about 1e-10 and a rule that is wrong by a
 * thousandth is far off.
 *
 * Where a function's higher derivatives are large for the step, a right gradient disagrees as well. So no disagreement is
 * trusted at one step: the step is halved until two differences agree with each other to within the tolerance, and their
 * extrapolation decides. The error of a wrong rule stays, while that of the differences falls by 16 per halving;
 * differences that never converge confirm nothing, and are a failure that says so.
 *
 * The function must be smooth near the point: within 2 h, or within 2 h / 32 after halving. The backend should compute in
 * float64 (`cpu`): float32 cannot resolve small differences, and is better held to `cpu` by agreement.
 */

import { zip } from 'fp-ts/lib/ReadonlyArray.js'
import { compile, evaluate } from '../lower/compile.ts'
import type { Backend, Named, Numbers } from '../plan/backend.ts'
import { fold, type Key, key, normal } from '../random/key.ts'
import { abs, add, input, mul, sum, type Tensor } from '../tensor/ops.ts'
import { size } from '../tensor/shape.ts'
import { vjp } from '../transform/grad.ts'
import { centralDifference, refined } from './difference.ts'
import { finiteWithin, type Interval, oddOf } from './finite.ts'
import { type Leaf, leaf, type Points, place, type Tensors, within } from './point.ts'
import { type Finding, type Report, reportOf } from './report.ts'

/** How to check: seed, order, directions, interval of the values, tolerance. */
export interface CheckOptions {
  /** Determines every random number. */
  readonly seed?: number
  /** 2 also checks the gradient of the gradient. */
  readonly order?: 1 | 2
  /** Directions per input. */
  readonly directions?: number
  /** The interval from which values of bare shapes are drawn. */
  readonly interval?: readonly [low: number, high: number]
  /** h, the first step of the differences; halved where it is too coarse for the function. */
  readonly step?: number
  /** The maximum relative error, and how closely differences must agree with each other. */
  readonly tolerance?: number
}

/** What `gradientHolds` throws of a wrong gradient. */
export class GradientError extends Error {
  override readonly name = 'GradientError'
}

const defaults = {
  f64: { step: 1e-3, tolerance: 1e-6 },
  f32: { step: 3e-2, tolerance: 1e-2 },
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? Number.NaN) * (b[i] ?? Number.NaN)
  return sum
}
/** A random unit direction. */
const unit = (k: Key, n: number): Float64Array => {
  const v = normal(k, n)
  const length = Math.sqrt(dot(v, v))
  return v.map((x) => x / length)
}

/** x + t v. */
const moved = (x: Float64Array, t: number, v: Float64Array): Float64Array =>
  x.map((n, i) => n + t * (v[i] ?? Number.NaN))

/** A scalar of several inputs, and the sum of the magnitudes of its terms, which bounds its rounding error. */
interface Scalar {
  readonly value: Tensor
  readonly magnitude: Tensor
}
const inner = (pairs: readonly (readonly [Tensor, Tensor])[]): Scalar => {
  const products = pairs.map(([a, b]) => mul(a, b))
  return {
    value: products.map((p) => sum(p)).reduce((a, b) => add(a, b)),
    magnitude: products.map((p) => sum(abs(p))).reduce((a, b) => add(a, b)),
  }
}

type Feeds = Readonly<Record<string, Float64Array>>
interface CompareOptions {
  readonly order: 1 | 2
  readonly scalar: Scalar
  /** What is evaluated beside it, at the point itself. */
  readonly beside: Readonly<Record<string, Tensor>>
  readonly wrt: readonly Leaf[]
  /** All inputs; the scalar need not depend on each. */
  readonly given: readonly Leaf[]
  readonly directions: number
  readonly step: number
  readonly tolerance: number
  readonly key: Key
}

/** An output that the program has. */
const given = (outputs: Named, name: string): Numbers => {
  const values = outputs[name]
  if (values === undefined) throw new Error(`the backend gave no ${name}, an output of the plan that it ran`)
  return values
}
/** The root mean square. */
const typical = (g: Numbers): number => Math.sqrt(dot(g, g) / g.length)

/** The findings of one order, and what was evaluated at the point itself. */
const compare = async (
  backend: Backend,
  a: CompareOptions,
): Promise<{ readonly value: number; readonly here: Named; readonly findings: readonly Finding[] }> => {
  const one = input('one', [])
  const tensors = vjp(
    a.scalar.value,
    one,
    a.wrt.map((x) => x.tensor),
  )
  const gradientOf = (i: number): string => `gradient ${i}`
  const gradients = Object.fromEntries(tensors.map((g, i) => [gradientOf(i), g]))
  const inputs = [...a.given.map((x) => x.tensor), one]
  const feeds: Feeds = Object.fromEntries(a.given.map((x) => [x.feed, x.values]))
  const reverse = await compile(backend)({ outputs: { ...gradients, ...a.scalar, ...a.beside }, inputs })
  const forward = await compile(backend)({ outputs: { value: a.scalar.value }, inputs })
  const only = (outputs: Named, name: string): number => given(outputs, name)[0] ?? Number.NaN
  try {
    const here = await reverse.run({ ...feeds, one: Float64Array.of(1) })
    const value = only(here, 'value')
    const all = a.wrt.map((x, i) => ({ x, i, g: given(here, gradientOf(i)) }))
    const least = Math.max(
      1e-3 * Math.max(0, ...all.map(({ g }) => typical(g)).filter(Number.isFinite)),
      1e-6 * only(here, 'magnitude'),
      Number.MIN_VALUE,
    )
    const along = async (x: Leaf, g: Numbers, v: Float64Array): Promise<Finding> => {
      const at = async (t: number): Promise<number> =>
        only(await forward.run({ ...feeds, [x.feed]: moved(x.values, t, v) }), 'value')
      const gradient = dot(g, v)
      const scale = (difference: number): number =>
        Math.max(Math.abs(gradient), Math.abs(difference), typical(g), least)
      const error = (difference: number): number => Math.abs(gradient - difference) / scale(difference)
      const found = { order: a.order, input: x.name, gradient }
      const coarse = await centralDifference(at, a.step)
      const agrees = error(coarse.value) <= a.tolerance
      if (agrees || !Number.isFinite(value) || !Number.isFinite(gradient))
        return { ...found, difference: coarse.value, error: error(coarse.value), uncertainty: null }
      const fine = await refined(at, coarse, (difference) => a.tolerance * scale(difference))
      const uncertainty = fine.apart / scale(fine.value)
      return { ...found, difference: fine.value, error: error(fine.value), uncertainty }
    }
    const findings: Finding[] = []
    for (const { x, i, g } of all)
      for (let d = 0; d < a.directions; d++)
        findings.push(await along(x, g, unit(fold(fold(a.key, i), d), x.values.length)))
    return { value, here, findings }
  } finally {
    await reverse.dispose()
    await forward.dispose()
  }
}

/**
 * Checks the gradient of f at points: a shape, a { shape, values }, or a tree (records, lists) of these; f takes a tensor
 * for each, in the same tree. Always returns a report.
 */
export const checkGradient =
  (backend: Backend) =>
  async <P extends Points>(f: (x: Tensors<P>) => Tensor, points: P, options: CheckOptions = {}): Promise<Report> => {
    const { seed = 0, order = 2, directions = 2, interval = [-1, 1] } = options
    const { step, tolerance } = { ...defaults[backend.precision], ...options }
    if (!Number.isInteger(directions) || directions < 1)
      throw new RangeError(`checkGradient: ${directions} directions an input: expected 1 or more`)
    const root = key(seed)
    const { tensors, leaves } = place(points, within(interval), fold(root, 0))
    const y = f(tensors)
    const dy = leaf('dy', 'dy', y.shape, normal(fold(root, 1), size(y.shape)))
    const u = leaves.map((x, i) =>
      leaf(`u ${i}`, x.name, x.tensor.shape, normal(fold(fold(root, 2), i), x.values.length)),
    )
    const how = { directions, step, tolerance }
    const all = [...leaves, dy]
    const first = await compare(backend, {
      ...how,
      order: 1,
      scalar: inner([[y, dy.tensor]]),
      beside: { values: y },
      wrt: leaves,
      given: all,
      key: fold(root, 3),
    })
    const second = async (): Promise<readonly Finding[]> => {
      const gradients = vjp(
        y,
        dy.tensor,
        leaves.map((x) => x.tensor),
      )
      const scalar = inner(zip(gradients, u).map(([g, direction]) => [g, direction.tensor]))
      const asked = {
        ...how,
        order: 2,
        scalar,
        beside: {},
        wrt: all,
        given: [...all, ...u],
        key: fold(root, 4),
      } as const
      return (await compare(backend, asked)).findings
    }
    const [head, ...rest] = [...first.findings, ...(order === 2 && leaves.length > 0 ? await second() : [])]
    if (head === undefined) throw new RangeError('checkGradient: a function of no tensors has no gradient')
    const odd = oddOf(given(first.here, 'values'))
    const drawn = leaves.some((x) => x.drawn)
    const valuesIn = async (other: Interval): Promise<Numbers> => {
      const elsewhere = place(points, within(other), fold(root, 0)).leaves.map((x) => [x.feed, x.values] as const)
      return (
        await evaluate(backend)(
          { y },
          Object.fromEntries(elsewhere),
          leaves.map((x) => x.tensor),
        )
      ).y
    }
    const better = drawn && odd.nans + odd.infinities > 0 ? await finiteWithin(valuesIn) : null
    return reportOf([head, ...rest], { value: first.value, odd, drawn, better, interval, step, tolerance })
  }

/**
 * `checkGradient` for property tests: `fc.asyncProperty(fc.integer(), gradientHolds(cpu)(f, shapes))`. The seed determines the
 * points and the directions; a wrong gradient throws a `GradientError` whose message names the worst input.
 */
export const gradientHolds =
  (backend: Backend) =>
  <P extends Points>(f: (x: Tensors<P>) => Tensor, points: P, options: CheckOptions = {}) =>
  async (seed: number): Promise<void> => {
    const report = await checkGradient(backend)(f, points, { ...options, seed })
    if (!report.ok) throw new GradientError(`seed ${seed}: ${report.message}`)
  }
