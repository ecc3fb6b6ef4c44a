/**
 * The inverse of a kernel's store addressing: a shader cannot scatter, so every thread starts from the element that it
 * computes and derives the loop indices from it.
 */
import type { Operand } from '../../src/plan/kernel.ts'
import { at } from '../../src/tensor/axes.ts'
import { size } from '../../src/tensor/shape.ts'

/** A loop that moves a kernel's store: its index, size and stride. */
export interface Digit {
  readonly axis: number
  readonly size: number
  readonly stride: number
}

/**
 * Elements `low + sum(digit * stride)` of a buffer. Strides are positive and decreasing, each larger than the extent of
 * those after it, so the digits of an element follow by repeated division.
 */
export interface StoredElements {
  readonly low: number
  readonly digits: readonly Digit[]
  /** Axes with a negative stride in the store: their index is `size - 1 - digit`. */
  readonly reversed: readonly number[]
}

/** Null if two loops interleave, so that division cannot separate them. */
export const storedElements = (store: Operand, sizes: readonly number[]): StoredElements | null => {
  const moving = sizes.flatMap((n, axis) => (n === 1 ? [] : [{ axis, size: n, stride: at(store.strides, axis) }]))
  const low = moving.reduce((low, { size: n, stride }) => low + Math.min(0, (n - 1) * stride), store.offset)
  const digits = moving
    .map((d) => ({ ...d, stride: Math.abs(d.stride) }))
    .toSorted((a, b) => b.stride - a.stride || a.axis - b.axis)
  const inside = (from: number): number => digits.slice(from).reduce((n, d) => n + d.stride * (d.size - 1), 0)
  return digits.every((d, i) => d.stride > inside(i + 1))
    ? { low, digits, reversed: moving.flatMap((d) => (d.stride < 0 ? [d.axis] : [])) }
    : null
}

export const count = (box: StoredElements): number => size(box.digits.map((d) => d.size))

/** Whether the box holds every element of a buffer. */
export const covers = (box: StoredElements, elements: number): boolean => box.low === 0 && count(box) === elements

/** The same elements contiguous in a buffer of their own, in the same order. */
export const compact = (box: StoredElements): StoredElements => {
  const strides = box.digits.map((_, i) => size(box.digits.slice(i + 1).map((d) => d.size)))
  return { ...box, low: 0, digits: box.digits.map((d, i) => ({ ...d, stride: strides[i] ?? 1 })) }
}

/** The contiguous run of elements of a box, or null if it has gaps. */
export const runOf = (box: StoredElements): { readonly from: number; readonly to: number } | null => {
  const tight = compact(box)
  const even = box.digits.every((d, i) => d.stride === tight.digits[i]?.stride)
  return even ? { from: box.low, to: box.low + count(box) } : null
}
