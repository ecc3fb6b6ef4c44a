/** What the shapes of a file's tensors tell of a configuration: sizes of axes by name. What is not there is named, never made up. */
import * as E from 'fp-ts/lib/Either.js'
import { type Shape, text } from '../tensor/shape.ts'

/** Shapes of a file's tensors, by name. */
export type Shapes = ReadonlyMap<string, Shape>

/** Why shapes do not tell a configuration: the tensor, by its name without prefix, and what is wrong with it. */
export interface Untold {
  readonly name: string
  readonly why: string
}

/** A tensor whose shape tells something, with the names of its axes. */
export interface Telling {
  readonly name: string
  readonly axes: readonly string[]
}

/** The size of an axis of a tensor; a tensor that is missing or has another number of axes is a Left. */
export const sizeIn =
  (shapes: Shapes) =>
  ({ name, axes }: Telling, axis: string): E.Either<Untold, number> => {
    const shape = shapes.get(name)
    const expected = `[${axes.join(', ')}]`
    if (shape === undefined)
      return E.left({ name, why: `${expected} is missing: its shape tells the configuration of the model` })
    const size = shape.length === axes.length ? shape[axes.indexOf(axis)] : undefined
    return size === undefined ? E.left({ name, why: `has shape ${text(shape)}: expected ${expected}` }) : E.right(size)
  }

/**
 * How many of `prefix0.`, `prefix1.`, .. there are: one more than the last, so that one between them that is missing is missed. No
 * more than the file has tensors.
 */
export const countOf = (shapes: Shapes, prefix: string): number =>
  [...shapes.keys()].reduce((n, name) => {
    const [digits] = name.startsWith(prefix) ? (/^\d+(?=\.)/.exec(name.slice(prefix.length)) ?? []) : []
    const i = digits === undefined ? -1 : Number(digits)
    return i < shapes.size ? Math.max(n, i + 1) : n
  }, 0)
