/**
 * One primitive, one declaration: name, shape rule, lowering, vjp (written in tensors, so that it differentiates
 * again) and the domain from which the property tests draw. Adding an operation is adding one declaration to a file of
 * this folder and one line to `primitives.ts`.
 */
import * as E from 'fp-ts/lib/Either.js'
import { type Shape, text } from './shape.ts'
import type { Attributes, Lowering, Tensor } from './tensor.ts'

/** Names the operation, the shapes and what was expected; its stack leads to the line that called the operation. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
}

/** Where a primitive is tested: one or more cases, all inputs drawn from an interval. */
export interface Domain<A> {
  readonly interval: readonly [low: number, high: number]
  /** The function has kinks where inputs tie or vanish: draw points that stay clear of them. */
  readonly kinks?: boolean
  readonly cases: readonly { readonly attributes: A; readonly shapes: readonly Shape[] }[]
}

export interface Declaration<A> {
  readonly name: string
  readonly shape: (inputs: readonly Shape[], attributes: A) => E.Either<string, Shape>
  readonly lower: (inputs: readonly Tensor[], attributes: A) => Lowering
  readonly vjp: (
    point: { readonly x: readonly Tensor[]; readonly y: Tensor; readonly dy: Tensor },
    attributes: A,
  ) => readonly (Tensor | null)[]
  readonly domain: Domain<A>
}

export interface Primitive<A> extends Declaration<A> {
  readonly apply: (attributes: A, inputs: readonly Tensor[]) => Tensor
  /** The domain with its attributes already applied, for tests that run over every row of the table. */
  readonly cases: readonly { readonly shapes: readonly Shape[]; readonly f: (...inputs: readonly Tensor[]) => Tensor }[]
}

export const primitive = <A extends Attributes>(declaration: Declaration<A>): Primitive<A> => {
  const { name, shape, lower, vjp, domain } = declaration
  const apply = (attributes: A, inputs: readonly Tensor[]): Tensor => {
    const shapes = inputs.map((x) => x.shape)
    const result = shape(shapes, attributes)
    if (E.isLeft(result)) throw new ShapeError(`${name}(${shapes.map(text).join(', ')}): ${result.left}`)
    return {
      op: name,
      attributes,
      inputs,
      shape: result.right,
      rule: {
        lower: (xs) => lower(xs, attributes),
        vjp: (point) => vjp(point, attributes),
        rebuild: (xs) => apply(attributes, xs),
      },
    }
  }
  const cases = domain.cases.map((c) => ({
    shapes: c.shapes,
    f: (...inputs: readonly Tensor[]) => apply(c.attributes, inputs),
  }))
  return { ...declaration, apply, cases }
}
