/** Known answers at the corners of the vocabulary, on the backend that defines meaning and on the default one. */

import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { evaluate } from '../../src/lower/compile.ts'
import type { Outputs } from '../../src/plan/compiled.ts'
import * as T from '../../src/tensor/ops.ts'

const x = T.input('x', [2, 3])
const values = Float64Array.of(1, 2, 3, 4, 5, 6)
const of = (numbers: readonly number[], shape: readonly number[]): T.Tensor =>
  T.literal(Float64Array.from(numbers), shape)
const count = (...shape: readonly number[]): T.Tensor =>
  of(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    shape,
  )
const unit = { stride: [1], dilation: [1], lhsDilation: [1], low: [0], high: [0] }

interface Answer {
  readonly y: T.Tensor
  readonly shape: readonly number[]
  readonly values: readonly number[]
}
const answer = (y: T.Tensor, shape: readonly number[], numbers: readonly number[]): Answer => ({
  y,
  shape,
  values: numbers,
})

const answers: Readonly<Record<string, Answer>> = {
  'concat along the last axis, counted from the end': answer(
    T.concat(-1)([x, of([7, 8], [2, 1])]),
    [2, 4],
    [1, 2, 3, 7, 4, 5, 6, 8],
  ),
  'concat of one tensor': answer(T.concat(0)([x]), [2, 3], [1, 2, 3, 4, 5, 6]),
  'concat of a tensor with itself': answer(T.concat(-2)([x, x]), [4, 3], [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]),
  'take with places from the end': answer(T.take(-1, -2, -1)(x), [2, 1], [2, 5]),
  'take of all': answer(T.take(1, 0, 3)(x), [2, 3], [1, 2, 3, 4, 5, 6]),
  'slice with a step': answer(T.slice({ start: [0, 0], step: [1, 2], size: [2, 2] })(x), [2, 2], [1, 3, 4, 6]),
  'slice with a step, not from 0': answer(
    T.slice({ start: [1, 1], step: [1, 3], size: [1, 2] })(count(2, 6)),
    [1, 2],
    [7, 10],
  ),
  'slice of one element, whose step does not matter': answer(
    T.slice({ start: [1, 2], step: [7, 7], size: [1, 1] })(x),
    [1, 1],
    [6],
  ),
  'two slices of one size, from different places': answer(
    T.sub(T.take(0, 1, 2)(x), T.take(0, 0, 1)(x)),
    [1, 3],
    [3, 3, 3],
  ),
  'boxes that lie within each other and share nothing': answer(
    T.place(
      [4, 3],
      [
        { start: [0, 0], step: [2, 1] },
        { start: [1, 0], step: [2, 1] },
      ],
      [x, T.neg(x)],
    ),
    [4, 3],
    [1, 2, 3, -1, -2, -3, 4, 5, 6, -4, -5, -6],
  ),
  'boxes of steps that have no divisor in common, and share nothing': answer(
    T.place(
      [5],
      [
        { start: [0], step: [3] },
        { start: [2], step: [2] },
      ],
      [of([1, 2], [2]), of([3, 4], [2])],
    ),
    [5],
    [1, 0, 3, 2, 4],
  ),
  'placements that overlap in one element are added there': answer(
    T.add(
      T.place([3], [{ start: [0], step: [1] }], [of([1, 2], [2])]),
      T.place([3], [{ start: [1], step: [1] }], [of([10, 20], [2])]),
    ),
    [3],
    [1, 12, 20],
  ),
  'windows along an axis counted from the end': answer(
    T.windows({ axes: [-1], size: [2], stride: [1], dilation: [1] })(x),
    [2, 2, 2],
    [1, 2, 2, 3, 4, 5, 5, 6],
  ),
  'windows along two axes, in the order given': answer(
    T.windows({ axes: [1, 0], size: [2, 1], stride: [1, 1], dilation: [2, 1] })(x),
    [2, 1, 2, 1],
    [1, 3, 4, 6],
  ),
  'contract with axes counted from the end': answer(T.contract({ sum: [[-1, -1]] })(x, x), [2, 2], [14, 32, 32, 77]),
  'contract of nothing is every product': answer(
    T.contract({ sum: [] })(of([1, 2], [2]), of([3, 4], [2])),
    [2, 2],
    [3, 4, 6, 8],
  ),
  'matmul of a batch with a batch': answer(
    T.matmul(count(2, 1, 2), count(2, 2, 2)),
    [2, 1, 2],
    [2, 3, 2 * 4 + 3 * 6, 2 * 5 + 3 * 7],
  ),
  'matmul where a batch of one is repeated': answer(T.matmul(count(1, 1, 2), count(2, 2, 1)), [2, 1, 1], [1, 3]),
  'matmul of vectors is a number': answer(T.matmul(of([1, 2], [2]), of([3, 4], [2])), [], [11]),
  'matmul of a vector and a batch': answer(T.matmul(of([1, 2], [2]), count(2, 2, 1)), [2, 1], [2, 8]),
  'matmul of a matrix and a vector': answer(T.matmul(x, of([1, 0, -1], [3])), [2], [-2, -2]),
  'flip of an axis counted from the end': answer(T.flip(-1)(x), [2, 3], [3, 2, 1, 6, 5, 4]),
  'flip of no axis': answer(T.flip([])(x), [2, 3], [1, 2, 3, 4, 5, 6]),
  'transpose with axes counted from the end': answer(T.transpose([-1, 0])(x), [3, 2], [1, 4, 2, 5, 3, 6]),
  'a sum over every axis, counted both ways': answer(T.sum([0, -1])(x), [], [21]),
  'a sum that keeps its axis': answer(T.sum(-1, { keep: true })(x), [2, 1], [6, 15]),
  'max over no axis': answer(T.max([])(x), [2, 3], [1, 2, 3, 4, 5, 6]),
  'softmax over single elements': answer(T.softmax(0)(of([3, -4], [1, 2])), [1, 2], [1, 1]),
  'a shape without axes': answer(T.reshape([])(of([7], [1, 1])), [], [7]),
  'padding that crops more than there is leaves the padding': answer(
    T.conv({ ...unit, low: [-4], high: [5] })(of([1, 2, 3], [1, 3, 1]), of([1], [1, 1, 1])),
    [1, 4, 1],
    [0, 0, 0, 0],
  ),
  'padding of one side': answer(
    T.conv({ ...unit, low: [2] })(of([1, 2, 3], [1, 3, 1]), of([1, 10], [2, 1, 1])),
    [1, 4, 1],
    [0, 10, 21, 32],
  ),
  'padding of the other side': answer(
    T.conv({ ...unit, low: [-1], high: [2] })(of([1, 2, 3], [1, 3, 1]), of([1, 10], [2, 1, 1])),
    [1, 3, 1],
    [32, 3, 0],
  ),
  'an image with two zeros between its elements': answer(
    T.conv({ ...unit, lhsDilation: [3], low: [1] })(of([1, 2], [1, 2, 1]), of([1, 10], [2, 1, 1])),
    [1, 4, 1],
    [10, 1, 0, 20],
  ),
}

for (const backend of [cpu, wasm])
  t.test(`${backend.name}: known answers`, async (t) => {
    const outputs = Object.fromEntries(Object.entries(answers).map(([name, { y }]) => [name, y]))
    const found: Outputs = await evaluate(backend)({ ...outputs, x }, { x: values })
    for (const [name, expected] of Object.entries(answers)) {
      t.same(expected.y.shape, expected.shape, `${name}: shape`)
      t.same(Array.from(found[name] ?? []), expected.values, name)
    }
  })
