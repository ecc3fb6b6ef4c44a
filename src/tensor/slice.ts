/**
 * Boxes of tensors: read, `slice`, and written into something larger that is zero elsewhere, `place`. Each is the adjoint
 * of the other. `place` is the only movement that may become a kernel of its own.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { at, axisOf, shapeOf, sizeAt } from './axes.ts'
import { apart, type Box, boxView, dense, fitting, isWhole } from './box.ts'
import { configured, operation, orThrow } from './errors.ts'
import { type One, one, type Primitive, primitive, type Several, several } from './primitive.ts'
import { type Shape, text } from './shape.ts'
import type { Corner, Tensor } from './tensor.ts'
import { inverseOrder, transpose, transposePrimitive } from './transpose.ts'

type BoxAttributes = {
  readonly start: readonly number[]
  readonly step: readonly number[]
  readonly size: readonly number[]
}

export const slicePrimitive: Primitive<One, BoxAttributes> = primitive<One, BoxAttributes>({
  name: 'slice',
  takes: one,
  shape: ([x], box) =>
    pipe(
      fitting(x.shape, box),
      E.map(({ size }) => size),
    ),
  lower: (_, box) => ({ kind: 'view', view: (v) => boxView(v, box, box.size), inverse: null, repeats: false }),
  vjp: ({ x: [x], attributes, dy }) => [place(x.shape, [attributes], [dy])],
  simplify: ({ x: [x], attributes }) => ofPlaced(x, attributes),
  domain: {
    interval: [-4, 4],
    cases: [{ attributes: { start: [1, 0], step: [1, 2], size: [2, 3] }, shapes: [[4, 5]] }],
  },
})

/** A slice inside one placed box reads that box's source. */
const ofPlaced = (x: Tensor, { start, step, size }: Box): Tensor | null => {
  const placed = placePrimitive.match(x)
  if (placed === null || step.some((s) => s !== 1)) return null
  const boxes = boxesOf(placed.x, placed.attributes)
  const inside = boxes.findIndex(
    (b) =>
      b.step.every((s) => s === 1) &&
      start.every((s, i) => s >= at(b.start, i) && s + at(size, i) <= at(b.start, i) + at(b.size, i)),
  )
  const [box, source] = [boxes[inside], placed.x[inside]]
  if (box === undefined || source === undefined) return null
  return slice({ start: start.map((s, i) => s - at(box.start, i)), step, size })(source)
}

/** Elements start + i * step of every axis, `size` of them. */
export const slice = configured('slice', (given: Box) => (x: Tensor): Tensor => {
  const box = orThrow('slice', [x], fitting(x.shape, given))
  return isWhole(x.shape, box) ? x : slicePrimitive.apply(box, [x])
})

/** Elements from..to (exclusive) of one axis; negative axes and indices count from the end. */
export const take = configured('take', (axis: number, from: number, to: number) => (x: Tensor): Tensor => {
  const a = orThrow('take', [x], axisOf(axis, x.shape.length))
  const n = sizeAt(x.shape, a)
  const [first, end] = [from < 0 ? from + n : from, to < 0 ? to + n : to]
  const inside = Number.isInteger(first) && Number.isInteger(end) && first >= 0 && first < end && end <= n
  const elements = orThrow('take', [x], inside ? E.right(end - first) : E.left(notInside(axis, from, to, n)))
  const start = x.shape.map((_, i) => (i === a ? first : 0))
  return slice(dense(start, x.shape.with(a, elements)))(x)
})

const notInside = (axis: number, from: number, to: number, n: number): string =>
  `elements ${from} to ${to} of axis ${axis}, expected 0 <= from < to <= ${n}, the size of the axis`

// ------------------------------------------------------------------------------------------------------- place
type Placement = {
  readonly shape: Shape
  readonly starts: readonly (readonly number[])[]
  readonly steps: readonly (readonly number[])[]
}

const boxesOf = (inputs: readonly Tensor[], { starts, steps }: Placement): readonly Box[] =>
  inputs.map((x, i) => ({ start: at(starts, i), step: at(steps, i), size: x.shape }))

const overlap = (boxes: readonly Box[]): string | null => {
  for (const [i, a] of boxes.entries()) {
    const j = boxes.findIndex((b, k) => k > i && !apart(a, b))
    if (j >= 0) return `boxes ${i} and ${j} overlap: they start at ${text(a.start)} and ${text(at(boxes, j).start)}`
  }
  return null
}

export const placePrimitive: Primitive<Several, Placement> = primitive<Several, Placement>({
  name: 'place',
  takes: several,
  shape: (inputs, placement) => {
    const { shape, starts, steps } = placement
    if (starts.length !== inputs.length || steps.length !== inputs.length)
      return E.left(`${inputs.length} tensors need as many boxes, ${starts.length} were given`)
    const boxes = boxesOf(inputs, placement)
    const wrong = [shapeOf(shape), ...boxes.map((b) => fitting(shape, b))].find(E.isLeft)
    if (wrong !== undefined) return wrong
    const clash = overlap(boxes)
    return clash === null ? E.right(shape) : E.left(clash)
  },
  lower: (inputs, placement) => ({
    kind: 'place',
    boxes: boxesOf(inputs, placement).map(({ start, step }) => ({ start, step })),
  }),
  vjp: ({ x: [first, ...others], attributes, dy }) => {
    const boxes = boxesOf([first, ...others], attributes)
    const part = (i: number): Tensor => slice(at(boxes, i))(dy)
    return [part(0), ...others.map((_, i) => part(i + 1))]
  },
  simplify: ({ x, attributes }) => transposeOutside(x, attributes),
  domain: {
    interval: [-4, 4],
    cases: [
      { attributes: { shape: [6, 5], starts: [[1, 1]], steps: [[2, 1]] }, shapes: [[2, 3]] },
      {
        attributes: {
          shape: [5, 2],
          starts: [
            [0, 0],
            [2, 0],
          ],
          steps: [
            [1, 1],
            [1, 1],
          ],
        },
        shapes: [
          [2, 2],
          [3, 2],
        ],
      },
    ],
  },
})

/** Padding commutes with a transpose: the transpose is moved outside, where equal paddings can be merged. */
const transposeOutside = ([x, ...others]: Several, { shape, starts, steps }: Placement): Tensor | null => {
  const turned = transposePrimitive.match(x)
  if (turned === null || others.length > 0) return null
  const { order } = turned.attributes
  const undo = (list: readonly number[]): readonly number[] => inverseOrder(order).map((i) => at(list, i))
  const box = { start: undo(at(starts, 0)), step: undo(at(steps, 0)) }
  return transpose(order)(place(undo(shape), [box], [turned.x[0]]))
}

/** Each tensor in its own box of a tensor that is zero elsewhere; boxes do not overlap, and have the tensors' sizes. */
export const place = operation('place', (shape: Shape, boxes: readonly Corner[], inputs: readonly Tensor[]): Tensor => {
  const attributes = { shape, starts: boxes.map((b) => b.start), steps: boxes.map((b) => b.step) }
  const some = several(inputs) ? inputs : orThrow('place', [], E.left('at least one tensor is needed'))
  return placePrimitive.apply(attributes, some)
})

/** Concatenates tensors along one axis; all other sizes must agree. */
export const concat = configured('concat', (axis: number) => (xs: readonly Tensor[]): Tensor => {
  const [head, ...others] = xs
  if (head === undefined) return orThrow('concat', xs, E.left('at least one tensor is needed'))
  const a = orThrow('concat', xs, axisOf(axis, head.shape.length))
  const other = others.find(
    (x) => x.shape.length !== head.shape.length || x.shape.some((n, i) => i !== a && n !== head.shape[i]),
  )
  if (other !== undefined)
    return orThrow('concat', xs, E.left(`${text(head.shape)} and ${text(other.shape)} differ beside axis ${axis}`))
  const ends = xs.reduce<readonly number[]>((all, x) => [...all, at(all, all.length - 1) + sizeAt(x.shape, a)], [0])
  const total = at(ends, xs.length)
  const boxes = xs.map((x, i) =>
    dense(
      x.shape.map((_, k) => (k === a ? at(ends, i) : 0)),
      x.shape,
    ),
  )
  return others.length === 0 ? head : place(head.shape.with(a, total), boxes, xs)
})
