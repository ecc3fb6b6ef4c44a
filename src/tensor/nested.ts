/** Numbers in nested lists, as people write them: `[[1, 2], [3, 4]]` is [2, 2]. */
import * as E from 'fp-ts/lib/Either.js'
import { type Shape, text } from './shape.ts'

/** A number, or lists of equal length, as NumPy's `array` takes them. */
export type Nested = number | readonly Nested[]

interface Block {
  readonly shape: Shape
  /** Row-major. */
  readonly data: Float64Array
}

const isNumber = (x: Nested): x is number => typeof x === 'number'

const shapeOfFirst = (x: Nested): Shape => {
  if (isNumber(x)) return []
  const [first] = x
  return first === undefined ? [0] : [x.length, ...shapeOfFirst(first)]
}

/** One sentence where lists that stand beside each other differ in length or depth, or are empty. */
export const blockOf = (nested: Nested): E.Either<string, Block> => {
  const shape = shapeOfFirst(nested)
  if (shape.includes(0)) return E.left(`a list is empty, expected numbers`)
  const data: number[] = []
  const walk = (x: Nested, place: readonly number[]): string | null => {
    const expected = shape[place.length]
    if (isNumber(x)) {
      if (expected !== undefined)
        return `${text(place)} is a number, expected ${expected} elements as in ${text(shape)}`
      data.push(x)
      return null
    }
    if (x.length !== expected)
      return expected === undefined
        ? `${text(place)} is a list, expected a number as in ${text(shape)}`
        : `${text(place)} has ${x.length} elements, expected ${expected} as in ${text(shape)}`
    for (const [i, element] of x.entries()) {
      const wrong = walk(element, [...place, i])
      if (wrong !== null) return wrong
    }
    return null
  }
  const wrong = walk(nested, [])
  return wrong === null ? E.right({ shape, data: Float64Array.from(data) }) : E.left(wrong)
}
