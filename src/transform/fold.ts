/** Constant folding: operations on constants become constants, and operations with identity elements vanish. */
import { evaluate } from '../tensor/expression.ts'
import { constantOf, full } from '../tensor/leaf.ts'
import { sameShape, size } from '../tensor/shape.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Rewrite } from './rewrite.ts'

const constantsOf = (inputs: readonly Tensor[]): readonly number[] | null => {
  const values = inputs.map(constantOf)
  return values.every((v) => v !== null) && values.length > 0 ? values : null
}

/** Folds arithmetic on constants, and reductions, views and placements of zeros. */
export const foldConstants: Rewrite = (node) => {
  const values = constantsOf(node.inputs)
  const [x] = node.inputs
  if (values === null || x === undefined) return null
  const [value = Number.NaN] = values
  const lowering = node.rule.lower()
  switch (lowering.kind) {
    case 'map':
      return full(evaluate(lowering.expression, values), node.shape)
    case 'reduce':
      return full(lowering.fold.ofEqual(value, size(x.shape) / size(node.shape)), node.shape)
    case 'view':
      return full(value, node.shape)
    case 'place':
      return values.every((v) => Object.is(v, 0)) ? full(0, node.shape) : null
    default:
      return null
  }
}

/** A reduction over axes of size 1 is its input. */
export const reduceOne: Rewrite = (node) => {
  const [x] = node.inputs
  return x !== undefined && node.rule.lower().kind === 'reduce' && sameShape(x.shape, node.shape) ? x : null
}

/** Equal, distinguishing the sign of zero: x + 0 may lose the sign of -0. */
const isLoosely = (a: number | null, b: number | undefined): boolean => a !== null && a === b
/** Adding 0 turns -0 into 0, so only -0 is an identity element. */
const isExactly = (a: number | null, b: number | undefined, additive: boolean): boolean =>
  a !== null && b !== undefined && Object.is(a, additive && b === 0 ? -0 : b)

/** Identity elements, absorbing elements, and two equal inputs. */
export const neutral =
  (exact: boolean): Rewrite =>
  (node) => {
    const [x, y] = node.inputs
    if (x === undefined || y === undefined || node.inputs.length !== 2) return null
    const { identity = {}, absorbing, additive = false, ofEqual } = node.rule.algebra
    const [a, b] = [constantOf(x), constantOf(y)]
    const is = (value: number | null, element: number | undefined): boolean =>
      exact ? isExactly(value, element, additive) : isLoosely(value, element)
    if (is(a, identity.left)) return y
    if (is(b, identity.right)) return x
    if (!exact && isLoosely(a, absorbing)) return x
    if (!exact && isLoosely(b, absorbing)) return y
    return x === y && ofEqual !== undefined ? ofEqual(x) : null
  }

/** Combines constants where the order does not matter: a * (b * x) = (a b) * x. */
export const gatherConstants: Rewrite = (node) => {
  if (node.rule.algebra.joinsConstants !== true) return null
  const outer = split(node)
  const inner = outer?.rest
  if (outer === null || inner === undefined || inner.rule.primitive !== node.rule.primitive) return null
  const within = split(inner)
  if (within === null) return null
  const expression = node.rule.lower()
  if (expression.kind !== 'map') return null
  const constant = evaluate(expression.expression, [outer.constant, within.constant])
  return node.rule.rebuild([within.rest, full(constant, node.shape)])
}

/** The constant among two inputs, and the other input. */
const split = (node: Tensor): { readonly constant: number; readonly rest: Tensor } | null => {
  const [x, y] = node.inputs
  if (x === undefined || y === undefined) return null
  const [a, b] = [constantOf(x), constantOf(y)]
  if (a !== null) return { constant: a, rest: y }
  return b === null ? null : { constant: b, rest: x }
}
