/**
 * The two kernels that every plan consists of. All offsets, strides and sizes count elements, never bytes; layout is
 * expressed by strides only, so a transpose, a slice, a flip, a broadcast or a 3x3 window is not a kernel.
 */
import type { Expression } from '../tensor/expression.ts'
import { size } from '../tensor/shape.ts'
import type { Fold } from '../tensor/tensor.ts'

/**
 * The address of an operand's element: `buffer[offset + sum(strides[i] * index[i])]`. Strides may be zero or negative.
 */
export interface Operand {
  readonly buffer: number
  readonly offset: number
  readonly strides: readonly number[]
}

/**
 * A loop nest with one scalar expression:
 *
 *   for o in outer (parallel):  for i in kept:  store[o, i] = fold over r in reduced of expr(loads[o, i, r])
 *
 * Without `fold`, `reduced` is empty and the expression is stored directly. A fold's initial value is its `start`.
 * Strides of loads run over [...outer, ...kept, ...reduced], those of the store over [...outer, ...kept]. Every element
 * of the store is written exactly once, and a load may only read the stored buffer at the very element it replaces.
 */
export interface Nest {
  readonly kind: 'nest'
  readonly name: string
  readonly outer: readonly number[]
  readonly kept: readonly number[]
  readonly reduced: readonly number[]
  readonly fold: Fold | null
  readonly expression: Expression
  readonly loads: readonly Operand[]
  readonly store: Operand
}

/** One loop of a contract: its size and its stride in each operand (0 where the operand lacks the axis). */
export interface Axis {
  /** batch: in a, b and c; m: in a and c; n: in b and c; k: in a and b, summed over. */
  readonly role: 'batch' | 'm' | 'n' | 'k'
  readonly size: number
  readonly a: number
  readonly b: number
  readonly c: number
}

/**
 * A batched matrix product over strided operands: c[batch, m, n] = sum over k of a[batch, m, k] * b[batch, k, n].
 * An operand may overlap itself (the nine taps of a convolution read one padded image); c never does.
 * The first `outer` axes, all of role batch or m, are the parallel ones.
 */
export interface Contract {
  readonly kind: 'contract'
  readonly name: string
  readonly outer: number
  readonly axes: readonly Axis[]
  readonly a: { readonly buffer: number; readonly offset: number }
  readonly b: { readonly buffer: number; readonly offset: number }
  readonly c: { readonly buffer: number; readonly offset: number }
}

export type Kernel = Nest | Contract

/** Number of parallel rows of a kernel. */
export const rows = (k: Kernel): number =>
  k.kind === 'nest' ? size(k.outer) : size(k.axes.slice(0, k.outer).map((x) => x.size))

/** Buffers that a kernel reads, and the one that it writes. */
export const reads = (k: Kernel): readonly number[] =>
  k.kind === 'nest' ? k.loads.map((l) => l.buffer) : [k.a.buffer, k.b.buffer]
export const writes = (k: Kernel): number => (k.kind === 'nest' ? k.store.buffer : k.c.buffer)
