/** Loops around a kernel, each with its size and its step in every operand, before they are divided into rows. */
import { at } from '../tensor/axes.ts'

export interface Loop {
  readonly size: number
  /** Elements that one step moves in each operand; the store, where there is one, comes first. */
  readonly steps: readonly number[]
}

/** Axes of one shape under several strided views of it. */
export const loopsOf = (shape: readonly number[], strides: readonly (readonly number[])[]): readonly Loop[] =>
  shape.map((size, i) => ({ size, steps: strides.map((s) => at(s, i)) }))

/** Neighbours, outermost first, that every operand walks through evenly become one loop; loops of size 1 vanish. */
export const collapse = <L extends { readonly size: number }>(
  loops: readonly L[],
  stepsOf: (loop: L) => readonly number[],
): readonly L[] =>
  loops
    .filter((l) => l.size !== 1)
    .reduce<readonly L[]>((done, inner) => {
      const outer = done.at(-1)
      const steps = stepsOf(inner)
      return outer !== undefined && stepsOf(outer).every((s, i) => s === (steps[i] ?? Number.NaN) * inner.size)
        ? [...done.slice(0, -1), { ...inner, size: outer.size * inner.size }]
        : [...done, inner]
    }, [])

/** Outermost first: the order in which the first operand lies in memory. Loops that it does not walk keep their place. */
export const inMemoryOrder = (loops: readonly Loop[]): readonly Loop[] =>
  [...loops].sort((a, b) => Math.abs(at(b.steps, 0)) - Math.abs(at(a.steps, 0)))

/** First and last element that an operand touches under some loops. */
export const rangeOf = (
  offset: number,
  loops: readonly (readonly [size: number, step: number])[],
): readonly [low: number, high: number] =>
  loops.reduce<readonly [number, number]>(
    ([low, high], [size, step]) => {
      const end = (size - 1) * step
      return [low + Math.min(0, end), high + Math.max(0, end)]
    },
    [offset, offset],
  )
