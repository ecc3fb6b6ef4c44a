/**
 * Where a kernel stores, the other way round: a shader cannot scatter, so every thread starts from the element that it
 * makes and finds the indices of the loops from it.
 */
import type { Operand } from '../../src/plan/kernel.ts'
import { size } from '../../src/tensor/shape.ts'

/** A loop of a kernel that moves its store: which of them, how many steps, how far each goes. */
export interface Digit {
  readonly axis: number
  readonly size: number
  readonly stride: number
}

/**
 * Elements `low + sum(digit * stride)` of a buffer. Strides are positive and descend, each larger than all that lies
 * inside of it, so the digits of an element follow by division, one after another.
 */
export interface StoredElements {
  readonly low: number
  readonly digits: readonly Digit[]
  /** Axes whose store runs backwards: their index is `size - 1 - digit`. */
  readonly reversed: readonly number[]
}

/** Null where two loops cross over each other, so that division does not tell them apart. */
export const storedElements = (store: Operand, sizes: readonly number[]): StoredElements | null => {
  const moving = sizes.flatMap((n, axis) => (n === 1 ? [] : [{ axis, size: n, stride: store.strides[axis] ?? 0 }]))
  const low = moving.reduce((at, { size: n, stride }) => at + Math.min(0, (n - 1) * stride), store.offset)
  const digits = moving
    .map((d) => ({ ...d, stride: Math.abs(d.stride) }))
    .toSorted((a, b) => b.stride - a.stride || a.axis - b.axis)
  const inside = (from: number): number => digits.slice(from).reduce((n, d) => n + d.stride * (d.size - 1), 0)
  return digits.every((d, i) => d.stride > inside(i + 1))
    ? { low, digits, reversed: moving.flatMap((d) => (d.stride < 0 ? [d.axis] : [])) }
    : null
}

export const count = (box: StoredElements): number => size(box.digits.map((d) => d.size))

/** Does the box hold every element of a buffer? */
export const covers = (box: StoredElements, elements: number): boolean => box.low === 0 && count(box) === elements

/** The same elements side by side in a buffer of their own, in the same order. */
export const compact = (box: StoredElements): StoredElements => {
  const strides = box.digits.map((_, i) => size(box.digits.slice(i + 1).map((d) => d.size)))
  return { ...box, low: 0, digits: box.digits.map((d, i) => ({ ...d, stride: strides[i] ?? 1 })) }
}

/** The run of elements that a box is, or null where it has gaps. */
export const runOf = (box: StoredElements): { readonly from: number; readonly to: number } | null => {
  const tight = compact(box)
  const even = box.digits.every((d, i) => d.stride === tight.digits[i]?.stride)
  return even ? { from: box.low, to: box.low + count(box) } : null
}
