/**
 * The vocabulary for models: NumPy's broadcasting and plain numbers on top of the primitives. Binary maths is
 * data-first, `add(a, b)`; what needs configuring is data-last, `reshape([2, 3])(x)`, so that it pipes.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as P from './elementwise.ts'
import { broadcast, place, reshape, slice } from './movement.ts'
import { ShapeError } from './primitive.ts'
import { reduceMax, sum } from './reduction.ts'
import { broadcastShapes, fromFront, size, text } from './shape.ts'
import { full, type Tensor } from './tensor.ts'

export { gelu, groupNormalise, normalise, silu, softmax } from './composite.ts'
export { contract, matmul } from './contraction.ts'
export { conv } from './convolution.ts'
export { abs, exp, log, neg, sigmoid, sqrt, tanh } from './elementwise.ts'
export { broadcast, flip, place, reshape, slice, transpose } from './movement.ts'
export { ShapeError } from './primitive.ts'
export { full, input, literal, type Tensor } from './tensor.ts'
export { windows } from './windows.ts'
export { reduceMax, sum }

export type Operand = Tensor | number

const tensor = (x: Operand): Tensor => (typeof x === 'number' ? full(x, []) : x)

const broadcasting =
  (name: string, op: (a: Tensor, b: Tensor) => Tensor) =>
  (a: Operand, b: Operand): Tensor => {
    const [x, y] = [tensor(a), tensor(b)]
    const shape = broadcastShapes(x.shape, y.shape)
    if (E.isLeft(shape)) throw new ShapeError(`${name}(${text(x.shape)}, ${text(y.shape)}): ${shape.left}`)
    return op(broadcast(shape.right)(x), broadcast(shape.right)(y))
  }

export const add = broadcasting('add', P.add)
export const sub = broadcasting('sub', P.sub)
export const mul = broadcasting('mul', P.mul)
export const div = broadcasting('div', P.div)
export const max = broadcasting('max', P.max)
/** 1 where a >= b, else 0; no gradient flows through it. */
export const ge = broadcasting('ge', P.ge)

export const min = (a: Operand, b: Operand): Tensor => P.neg(max(P.neg(tensor(a)), P.neg(tensor(b))))
export const square = (x: Tensor): Tensor => mul(x, x)

const everyAxis = (x: Tensor): readonly number[] => x.shape.map((_, i) => i)

/** The sum of all elements, shape []. */
export const sumAll = (x: Tensor): Tensor => reshape([])(sum(everyAxis(x))(x))
/** The mean of all elements, shape []. */
export const meanAll = (x: Tensor): Tensor => mul(sumAll(x), 1 / size(x.shape))
/** Means over axes, which stay with size 1. */
export const mean =
  (axes: readonly number[]) =>
  (x: Tensor): Tensor =>
    mul(sum(axes)(x), 1 / size(axes.map((a) => x.shape.at(a) ?? 1)))

/** Elements from..to (exclusive) of one axis; negative axes count from the end. */
export const take =
  (axis: number, from: number, to: number) =>
  (x: Tensor): Tensor => {
    const a = fromFront(axis, x.shape.length)
    return slice({
      start: x.shape.map((_, i) => (i === a ? from : 0)),
      step: x.shape.map(() => 1),
      size: x.shape.map((n, i) => (i === a ? to - from : n)),
    })(x)
  }

/** Tensors side by side along one axis. */
export const concat =
  (axis: number) =>
  (xs: readonly Tensor[]): Tensor => {
    const [head] = xs
    if (head === undefined) throw new ShapeError('concat(): at least one tensor is needed')
    const a = fromFront(axis, head.shape.length)
    const starts = xs.map((_, i) => xs.slice(0, i).reduce((n, x) => n + (x.shape[a] ?? 0), 0))
    const total = xs.reduce((n, x) => n + (x.shape[a] ?? 0), 0)
    return place(
      head.shape.map((n, i) => (i === a ? total : n)),
      starts.map((at) => ({ start: head.shape.map((_, i) => (i === a ? at : 0)), step: head.shape.map(() => 1) })),
      xs,
    )
  }
