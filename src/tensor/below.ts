/** How large the places of an index can be: known of inputs that are declared so, of numbers, and of what is moved. */
import * as E from 'fp-ts/lib/Either.js'
import type { Tensor } from './tensor.ts'

const isPlace = (n: number): boolean => Number.isInteger(n) && n >= 0

/** Of a place and all below it. */
const above = (places: Iterable<number>): number | null => {
  let most = 0
  for (const n of places) {
    if (!isPlace(n)) return null
    most = Math.max(most, n + 1)
  }
  return most
}

/** The least number above all elements that is known, null where they need not be places at all. */
export const belowOf = (x: Tensor): number | null => {
  const l = x.rule.lower()
  switch (l.kind) {
    case 'input':
      return l.below === undefined ? null : l.below
    case 'literal':
      return above(l.data)
    case 'map':
      return l.expression.kind === 'constant' ? above([l.expression.value]) : null
    case 'view':
    case 'place': {
      const inner = x.inputs.map(belowOf)
      // what a placement leaves out is 0
      return inner.reduce<number | null>((most, n) => (most === null || n === null ? null : Math.max(most, n)), 1)
    }
    default:
      return null
  }
}

/** One sentence unless all elements are places of an axis of n. */
export const placesOf = (index: Tensor, n: number): E.Either<string, Tensor> => {
  const below = belowOf(index)
  if (below === null)
    return E.left(
      `${index} is no index: expected an input made by index(name, shape, below), or whole numbers known now`,
    )
  return below <= n ? E.right(index) : E.left(`places below ${below} are outside an axis of ${n}`)
}
