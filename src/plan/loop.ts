/** Loops around a kernel, each with its size and its step in every operand, before they are divided into rows. */
import { at } from '../tensor/axes.ts'

export interface Loop {
  readonly size: number
  /** Strides in each operand; the store, if there is one, comes first. */
  readonly steps: readonly number[]
}

/** Axes of one shape under several strided views of it. */
export const loopsOf = (shape: readonly number[], strides: readonly (readonly number[])[]): readonly Loop[] =>
  shape.map((size, i) => ({ size, steps: strides.map((s) => at(s, i)) }))

/** Merges adjacent loops, outermost first, that are contiguous in every operand; drops loops of size 1. */
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

/** Outermost first, by the first operand's memory layout. Loops with stride 0 in it keep their place. */
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

/**
 * The outermost loops with so many iterations in all, and the remaining inner ones; null if no loop divides there.
 * @param part a loop of so many iterations, each `times` steps of the given one
 */
export const leading = <L extends { readonly size: number }>(
  loops: readonly L[],
  iterations: number,
  part: (loop: L, size: number, times: number) => L,
): { readonly outer: readonly L[]; readonly inner: readonly L[] } | null => {
  const outer: L[] = []
  let room = iterations
  for (const [i, l] of loops.entries()) {
    if (room === 1) return { outer, inner: loops.slice(i) }
    if (room % l.size === 0) {
      outer.push(l)
      room /= l.size
    } else if (l.size % room === 0) {
      const rest = l.size / room
      return { outer: [...outer, part(l, room, rest)], inner: [part(l, rest, 1), ...loops.slice(i + 1)] }
    } else return null
  }
  return room === 1 ? { outer, inner: [] } : null
}

/** Part of a loop: so many iterations, each `times` of its steps. */
export const partOf = (l: Loop, size: number, times: number): Loop => ({ size, steps: l.steps.map((s) => s * times) })
