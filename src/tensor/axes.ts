/**
 * Validation of axes and sizes: every operation that takes an axis or a size uses this file, so that all of them count
 * negative axes from the end and reject the same mistakes.
 */
import * as E from 'fp-ts/lib/Either.js'
import { type Shape, text } from './shape.ts'

/** One axis or several; negative ones count from the end, -1 the last. */
export type Axes = number | readonly number[]

/** The index of one axis in a shape of `rank` axes, from the front. */
export const axisOf = (axis: number, rank: number): E.Either<string, number> =>
  Number.isInteger(axis) && axis >= -rank && axis < rank
    ? E.right(axis < 0 ? axis + rank : axis + 0)
    : E.left(
        Number.isInteger(axis) ? `axis ${axis} is outside a shape of ${rank} axes` : `axis ${axis} is no whole number`,
      )

const firstTwice = (list: readonly number[]): number | undefined => list.find((n, i) => list.indexOf(n) !== i)

/** Indices from the front, in the order given; no axis twice. */
export const orderedAxes = (axes: Axes, rank: number): E.Either<string, readonly number[]> => {
  const given = typeof axes === 'number' ? [axes] : axes
  const places: number[] = []
  for (const axis of given) {
    const place = axisOf(axis, rank)
    if (E.isLeft(place)) return place
    places.push(place.right)
  }
  const twice = firstTwice(places)
  return twice === undefined ? E.right(places) : E.left(`axes ${text(given)} name axis ${twice} twice`)
}

/** Indices from the front, sorted; no axis twice. */
export const axesOf = (axes: Axes, rank: number): E.Either<string, readonly number[]> =>
  E.map((places: readonly number[]) => places.toSorted((a, b) => a - b))(orderedAxes(axes, rank))

/** A shape given by a user: integer sizes of at least 1, so that nothing in the engine is ever empty. */
export const shapeOf = (shape: Shape): E.Either<string, Shape> => {
  const wrong = shape.findIndex((n) => !(Number.isSafeInteger(n) && n >= 1))
  return wrong < 0
    ? E.right(shape)
    : E.left(`axis ${wrong} of ${text(shape)} has size ${shape[wrong]}, expected a whole number of at least 1`)
}

/** The size of an axis that is known to exist. */
export const sizeAt = (shape: Shape, axis: number): number => {
  const n = shape[axis]
  if (n === undefined) throw new RangeError(`axis ${axis} is outside ${text(shape)}`)
  return n
}

/** An element that is known to be there. */
export const at = <T>(list: ArrayLike<T>, index: number): T => {
  const x = list[index]
  if (x === undefined) throw new RangeError(`place ${index} of ${list.length} is not there`)
  return x
}

/** 0, 1, ..., n - 1, or from another start. */
export const range = (n: number, from = 0): readonly number[] => Array.from({ length: n }, (_, i) => from + i)
