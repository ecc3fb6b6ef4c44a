/**
 * A checker for gradients of any function of tensors, yours included. It proves nothing: it compares the reverse mode
 * with central differences along random directions v,
 *
 *   <dy, J v> = <J' dy, v>        one input after another, so that a report can name the one that is wrong,
 *
 * and, for the second order, does the same to the gradient as a function of the inputs and of dy. Differences are of
 * fourth order, (8 (s(h) - s(-h)) - (s(2h) - s(-2h))) / 12h with |v| = 1, so in float64 a right rule agrees to about
 * 1e-10 and a rule that is wrong by a thousandth is far off.
 *
 * The function must be smooth within 2 h of the point. The backend should compute in float64 (`cpu`): float32 cannot
 * resolve small differences, and is better held to `cpu` by agreement.
 */
import type { Backend } from '../lower/backend.ts'
import { compile } from '../lower/compile.ts'
import { fold, type Key, key, normal } from '../random/key.ts'
import { abs, add, input, mul, sumAll, type Tensor } from '../tensor/ops.ts'
import { size } from '../tensor/shape.ts'
import { vjp } from '../transform/grad.ts'
import { type Leaf, type Points, place, type Tensors, within } from './point.ts'

export interface CheckOptions {
  /** Decides every random number. */
  readonly seed?: number
  /** 2 also checks the gradient of the gradient. */
  readonly order?: 1 | 2
  /** Directions an input. */
  readonly directions?: number
  /** Where the numbers of bare shapes are drawn from. */
  readonly interval?: readonly [low: number, high: number]
  /** h. */
  readonly step?: number
  /** The greatest relative error that passes. */
  readonly tolerance?: number
}

/** One input along one direction. */
export interface Finding {
  readonly order: 1 | 2
  /** The path of the input in the tree of points; `dy` is the gradient that the second order was given. */
  readonly input: string
  /** <J' dy, v>, by reverse mode. */
  readonly gradient: number
  /** <dy, J v>, by differences. */
  readonly difference: number
  readonly error: number
}

export interface Report {
  readonly ok: boolean
  readonly tolerance: number
  readonly worst: Finding
  readonly findings: readonly Finding[]
  /** One sentence that names the worst input. */
  readonly message: string
}

/** Thrown by the forms that are made for tests. */
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
const unit = (k: Key, n: number): Float64Array => {
  const v = normal(k, n)
  const length = Math.sqrt(dot(v, v))
  return v.map((x) => x / length)
}

/** A scalar of several inputs, and the sum of what was added up for it without signs: how exact it can be. */
interface Scalar {
  readonly value: Tensor
  readonly magnitude: Tensor
}
const inner = (pairs: readonly (readonly [Tensor, Tensor])[]): Scalar => {
  const products = pairs.map(([a, b]) => mul(a, b))
  return { value: products.map(sumAll).reduce(add), magnitude: products.map((p) => sumAll(abs(p))).reduce(add) }
}

type Feeds = Readonly<Record<string, Float64Array>>
interface Asked {
  readonly order: 1 | 2
  readonly scalar: Scalar
  readonly wrt: readonly Leaf[]
  /** What the function was given; not every scalar depends on all of it. */
  readonly inputs: readonly Tensor[]
  readonly feeds: Feeds
  readonly directions: number
  readonly step: number
  readonly key: Key
}

const compare = async (backend: Backend, a: Asked): Promise<readonly Finding[]> => {
  const { value, magnitude } = a.scalar
  const names = a.wrt.map((x, i) => [x, `gradient ${i}`] as const)
  const one = input('one', [])
  const tensors = vjp(
    value,
    one,
    a.wrt.map((x) => x.tensor),
  )
  const outputs = Object.fromEntries(names.map(([, name], i) => [name, tensors[i] ?? value]))
  const inputs = [...a.inputs, one]
  const reverse = await compile(backend)({ outputs: { ...outputs, magnitude }, state: {}, inputs })
  const forward = await compile(backend)({ outputs: { value }, state: {}, inputs })
  try {
    const given = await reverse.run({ ...a.feeds, one: Float64Array.of(1) })
    const at = async (x: Leaf, v: Float64Array, t: number): Promise<number> => {
      const moved = { ...a.feeds, [x.name]: x.values.map((n, i) => n + t * (v[i] ?? 0)) }
      return (await forward.run(moved)).value?.[0] ?? Number.NaN
    }
    const of = (name: string): ArrayLike<number> => given[name] ?? [Number.NaN]
    const typical = (g: ArrayLike<number>): number => Math.sqrt(dot(g, g) / g.length)
    const least = Math.max(
      1e-3 * Math.max(...names.map(([, name]) => typical(of(name)))),
      1e-6 * (given.magnitude?.[0] ?? 0),
      Number.MIN_VALUE,
    )
    const findings: Finding[] = []
    for (const [i, [x, name]] of names.entries())
      for (let d = 0; d < a.directions; d++) {
        const v = unit(fold(fold(a.key, i), d), x.values.length)
        const h = a.step
        const [p, m, pp, mm] = [await at(x, v, h), await at(x, v, -h), await at(x, v, 2 * h), await at(x, v, -2 * h)]
        const difference = (8 * (p - m) - (pp - mm)) / (12 * h)
        const gradient = dot(of(name), v)
        const scale = Math.max(Math.abs(gradient), Math.abs(difference), typical(of(name)), least)
        findings.push({
          order: a.order,
          input: x.name,
          gradient,
          difference,
          error: Math.abs(gradient - difference) / scale,
        })
      }
    return findings
  } finally {
    await reverse.dispose()
    await forward.dispose()
  }
}

const worse = (a: Finding, b: Finding): Finding => (a.error <= b.error ? b : a)

const sentence = (w: Finding, tolerance: number, ok: boolean): string => {
  const what = w.order === 1 ? `the gradient of ${w.input}` : `the second derivative along ${w.input}`
  const off = `off by ${w.error.toExponential(1)} of its size (${tolerance.toExponential(0)} allowed)`
  return ok
    ? `the gradient agrees with central differences; ${what} is ${off}, the worst`
    : `${what} is wrong: reverse mode gives ${w.gradient}, central differences ${w.difference}: ${off}`
}

/**
 * Checks the gradient of f at points: a shape, a { shape, values }, or a tree (records, lists) of these; f takes a tensor
 * for each, in the same tree. Gives a report, whatever it finds.
 */
export const checkGradient =
  (backend: Backend) =>
  async <P extends Points>(f: (x: Tensors<P>) => Tensor, points: P, options: CheckOptions = {}): Promise<Report> => {
    const { seed = 0, order = 2, directions = 2, interval = [-1, 1] } = options
    const { step, tolerance } = { ...defaults[backend.precision], ...options }
    const root = key(seed)
    const { tensors, leaves } = place(points, within(interval), fold(root, 0))
    const y = f(tensors)
    const dy: Leaf = { name: 'dy', tensor: input('dy', y.shape), values: normal(fold(root, 1), size(y.shape)) }
    const all = [...leaves, dy]
    const u = leaves.map((x, i): Leaf => {
      const name = `u ${i}`
      return { name, tensor: input(name, x.tensor.shape), values: normal(fold(fold(root, 2), i), x.values.length) }
    })
    const given = (of: readonly Leaf[]) => ({
      inputs: of.map((x) => x.tensor),
      feeds: Object.fromEntries(of.map((x) => [x.name, x.values])),
    })
    const first = inner([[y, dy.tensor]])
    const found = [
      ...(await compare(backend, {
        order: 1,
        scalar: first,
        wrt: leaves,
        ...given(all),
        directions,
        step,
        key: fold(root, 3),
      })),
    ]
    if (order === 2) {
      const gradients = vjp(
        y,
        dy.tensor,
        leaves.map((x) => x.tensor),
      )
      const pairs = gradients.flatMap((g, i) => {
        const direction = u[i]
        return direction === undefined ? [] : [[g, direction.tensor] as const]
      })
      found.push(
        ...(await compare(backend, {
          order: 2,
          scalar: inner(pairs),
          wrt: all,
          ...given([...all, ...u]),
          directions,
          step,
          key: fold(root, 4),
        })),
      )
    }
    const [head, ...rest] = found
    if (head === undefined) throw new RangeError('checkGradient: a function of no tensors has no gradient')
    const worst = rest.reduce(worse, head)
    const ok = found.every((x) => x.error <= tolerance)
    return { ok, tolerance, worst, findings: found, message: sentence(worst, tolerance, ok) }
  }

/**
 * The same for property tests: `fc.asyncProperty(fc.integer(), gradientHolds(cpu)(f, shapes))`. The seed decides the
 * points and the directions; a wrong gradient throws a `GradientError` whose message names the worst input.
 */
export const gradientHolds =
  (backend: Backend) =>
  <P extends Points>(f: (x: Tensors<P>) => Tensor, points: P, options: CheckOptions = {}) =>
  async (seed: number): Promise<void> => {
    const report = await checkGradient(backend)(f, points, { ...options, seed })
    if (!report.ok) throw new GradientError(`seed ${seed}: ${report.message}`)
  }
