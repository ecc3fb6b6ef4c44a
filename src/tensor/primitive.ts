/**
 * One primitive, one declaration, complete: shape rule, lowering (for a scalar function with its float64 semantics and its
 * cost), vjp (written in tensors, so that it differentiates again), algebra, and the domain from which the laws draw.
 * Primitives declared outside this package have the same standing.
 */
import type * as E from 'fp-ts/lib/Either.js'
import { orThrow } from './errors.ts'
import type { Shape } from './shape.ts'
import { type Algebra, type Attributes, type Lowering, node, type Tensor } from './tensor.ts'

/** The number of inputs as a type guard, so that rules need no `undefined`. */
export type Takes<X extends readonly Tensor[]> = (inputs: readonly Tensor[]) => inputs is X

/** One input. */
export type One = readonly [Tensor]
/** Two inputs. */
export type Two = readonly [Tensor, Tensor]
/** Three inputs. */
export type Three = readonly [Tensor, Tensor, Tensor]
/** One input or more. */
export type Several = readonly [Tensor, ...(readonly Tensor[])]
/** For `takes`: one input. */
export const one: Takes<One> = (inputs): inputs is One => inputs.length === 1
/** For `takes`: two inputs. */
export const two: Takes<Two> = (inputs): inputs is Two => inputs.length === 2
/** For `takes`: three inputs. */
export const three: Takes<Three> = (inputs): inputs is Three => inputs.length === 3
/** For `takes`: one input or more. */
export const several: Takes<Several> = (inputs): inputs is Several => inputs.length >= 1

/** Where the laws test a primitive: one or more cases, all inputs drawn from an interval. */
export interface Domain<A> {
  readonly interval: readonly [low: number, high: number]
  /** The function has kinks where inputs tie or vanish: draw points that stay clear of them. */
  readonly kinks?: boolean
  readonly cases: readonly { readonly attributes: A; readonly shapes: readonly Shape[] }[]
}

/** A node of a primitive as seen by its own rules. */
export interface Applied<X extends readonly Tensor[], A> {
  readonly x: X
  readonly attributes: A
  readonly y: Tensor
}

/** What a primitive declares: name, arity, shape rule, lowering, vjp, algebra, and where the laws test it. */
export interface Declaration<X extends readonly Tensor[], A extends Attributes> {
  readonly name: string
  readonly takes: Takes<X>
  /** The shape of the output, or one sentence that says what was expected. */
  readonly shape: (x: X, attributes: A) => E.Either<string, Shape>
  readonly lower: (x: X, attributes: A) => Lowering
  /** Gradients of the inputs given the gradient `dy` of the output `y`; null where there is none. */
  readonly vjp: (point: Applied<X, A> & { readonly dy: Tensor }) => { readonly [K in keyof X]: Tensor | null }
  readonly algebra?: Algebra
  /** A name for people, of an identity that only names its input. */
  readonly label?: (attributes: A) => string
  /** An equal tensor that is closer to normal form, or null. */
  readonly simplify?: (node: Applied<X, A>) => Tensor | null
  readonly domain: Domain<A>
}

/** A row of the table that the laws run over: a primitive with any attributes. */
export interface Row {
  readonly name: string
  readonly domain: Pick<Domain<unknown>, 'interval' | 'kinks'>
  /** The domain's cases with their attributes already applied. */
  readonly cases: readonly { readonly shapes: readonly Shape[]; readonly f: (...inputs: readonly Tensor[]) => Tensor }[]
}

/** A function that is no primitive, with the row by which the laws know it. */
export const lawful = <F extends (...args: never) => unknown>(
  name: string,
  domain: Row['domain'],
  f: F,
  cases: (f: F) => Row['cases'],
): F & { readonly laws: Row } => Object.assign(f, { laws: { name, domain, cases: cases(f) } })

/** A primitive: `apply` builds a node of it, `match` recognises one. */
export interface Primitive<X extends readonly Tensor[], A extends Attributes> extends Row {
  readonly apply: (attributes: A, inputs: X) => Tensor
  /** The inputs and attributes of a node if it is one of this primitive's. */
  readonly match: (x: Tensor) => { readonly x: X; readonly attributes: A } | null
}

/** A primitive from its declaration. docs/adding-a-primitive.md goes through five. */
export const primitive = <X extends readonly Tensor[], A extends Attributes>(
  declaration: Declaration<X, A>,
): Primitive<X, A> => {
  const { name, takes, shape, lower, vjp, algebra = {}, label, simplify, domain } = declaration
  const applied = new WeakMap<Tensor, { readonly x: X; readonly attributes: A }>()
  const rebuild = (attributes: A, inputs: readonly Tensor[]): Tensor => {
    if (!takes(inputs)) throw new RangeError(`${name} does not take ${inputs.length} inputs`)
    return apply(attributes, inputs)
  }
  const apply = (attributes: A, x: X): Tensor => {
    const y: Tensor = node({
      op: name,
      attributes,
      inputs: x,
      shape: orThrow(name, x, shape(x, attributes)),
      rule: {
        primitive: declaration,
        algebra,
        lower: () => lower(x, attributes),
        vjp: (point, dy) => [...vjp({ x, attributes, y: point, dy })],
        ...(label === undefined ? {} : { label: label(attributes) }),
        rebuild: (inputs) => rebuild(attributes, inputs),
        simplify: (self) => (simplify === undefined ? null : simplify({ x, attributes, y: self })),
      },
    })
    applied.set(y, { x, attributes })
    return y
  }
  const cases = domain.cases.map((c) => ({
    shapes: c.shapes,
    f: (...inputs: readonly Tensor[]) => rebuild(c.attributes, inputs),
  }))
  return { name, domain, cases, apply, match: (x) => applied.get(x) ?? null }
}
