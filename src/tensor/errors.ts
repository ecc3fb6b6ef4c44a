/**
 * Shape errors. They begin with the name of the operation that the user called, however deep the mistake was found, and
 * their stack trace leads to the calling line.
 */
import * as E from 'fp-ts/lib/Either.js'
import { type Shape, text } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { isTensor } from './tree.ts'

/** The shape, behind the label if there is one: `score [2, 3]`. */
const described = ({ rule: { label }, shape }: Tensor): string =>
  label === undefined ? text(shape) : `${label} ${text(shape)}`

/** `name(shapes): reason`: the operation, the shapes of its arguments, and what was expected. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
  readonly reason: string

  constructor(operation: string, inputs: readonly Tensor[], reason: string, options?: ErrorOptions) {
    super(`${operation}(${inputs.map(described).join(', ')}): ${reason}`, options)
    this.reason = reason
  }
}

/** The right side, or a `ShapeError` of the operation. */
export const orThrow = <T>(operation: string, inputs: readonly Tensor[], result: E.Either<string, T>): T => {
  if (E.isLeft(result)) throw new ShapeError(operation, inputs, result.left)
  return result.right
}

/** A reason without an operation; the operation called by the user adds its name. */
export const refuse = (reason: string): never => {
  throw new ShapeError('', [], reason)
}

interface Sizes {
  readonly 1: readonly [number]
  readonly 2: readonly [number, number]
  readonly 3: readonly [number, number, number]
  readonly 4: readonly [number, number, number, number]
  readonly 5: readonly [number, number, number, number, number]
  readonly 6: readonly [number, number, number, number, number, number]
}

const hasRank = <N extends keyof Sizes>(shape: Shape, rank: N): shape is Sizes[N] => shape.length === rank

/** The sizes of a tensor that has so many axes; `axes` names them for the error, `[b, h, w, c]`. */
export const ofRank = <N extends keyof Sizes>(x: Tensor, rank: N, axes: string): Sizes[N] =>
  hasRank(x.shape, rank)
    ? x.shape
    : refuse(`expected ${axes}, ${rank} ${rank === 1 ? 'axis' : 'axes'}, found ${text(x.shape)}`)

const tensorsIn = (args: readonly unknown[]): readonly Tensor[] =>
  args.flatMap((a) => (isTensor(a) ? [a] : Array.isArray(a) ? a.filter(isTensor) : []))

const kindOf = (x: unknown): string => {
  if (x === undefined || x === null) return String(x)
  if (Array.isArray(x)) return 'a list'
  return typeof x === 'object' ? 'an object' : `the ${typeof x} ${String(x)}`
}

/** What is no tensor among the arguments of an operation that failed for it; null if all are tensors. */
const stranger = (args: readonly unknown[]): string | null => {
  if (args.length === 0) return 'expected a tensor, but no argument was given'
  const all = args.map((x, i) => ({ x, place: `argument ${i + 1}` }))
  const absent = all.find(({ x }) => x === undefined)
  const inList = all.flatMap(({ x, place }) =>
    Array.isArray(x) && x.some(isTensor)
      ? x.map((element: unknown, i) => ({ x: element, place: `element ${i + 1} of ${place}` }))
      : [],
  )
  const found = absent ?? [...inList, ...all].find(({ x }) => !isTensor(x))
  return found === undefined ? null : `${found.place} is ${kindOf(found.x)}, expected a tensor`
}

const attempt = <T>(name: string, args: readonly unknown[], from: (...args: never) => unknown, f: () => T): T => {
  try {
    return f()
  } catch (error) {
    // where types are not checked, anything may stand for a tensor
    const reason = error instanceof ShapeError ? error.reason : error instanceof TypeError ? stranger(args) : null
    if (reason === null) throw error
    const outer = new ShapeError(name, tensorsIn(args), reason, error instanceof ShapeError ? {} : { cause: error })
    if ('captureStackTrace' in Error && typeof Error.captureStackTrace === 'function')
      Error.captureStackTrace(outer, from)
    throw outer
  }
}

/** An operation on tensors, `add(a, b)`, whose shape errors carry its name. */
export const operation = <A extends readonly unknown[], R>(name: string, f: (...args: A) => R): ((...args: A) => R) => {
  const named = (...args: A): R => attempt(name, args, named, () => f(...args))
  return named
}

/** An operation that is configured first, `take(axis, from, to)(x)`, whose shape errors carry its name. */
export const configured = <A extends readonly unknown[], B extends readonly unknown[], R>(
  name: string,
  f: (...args: A) => (...xs: B) => R,
): ((...args: A) => (...xs: B) => R) => {
  const outer = (...args: A): ((...xs: B) => R) => {
    const inner = attempt(name, args, outer, () => f(...args))
    return operation(name, inner)
  }
  return outer
}
