/** Boxes, held to lists of their elements: which of them meet, what `slice` reads and what `place` writes. */

import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { element } from '../src/codec/element.ts'
import { evaluate } from '../src/lower/compile.ts'
import { apart, type Box } from '../src/tensor/box.ts'
import { add, input, place, ShapeError, slice } from '../src/tensor/ops.ts'
import { size, strides } from '../src/tensor/shape.ts'
import { indicesOf } from './indices.ts'
import { draw } from './layers.ts'

type Numbers = readonly number[]

/** A box of a shape, all of whose elements are inside. */
const boxOf = (shape: Numbers): fc.Arbitrary<Box> =>
  fc
    .tuple(
      ...shape.map((n) =>
        fc
          .nat(n - 1)
          .chain((start) =>
            fc
              .integer({ min: 1, max: 4 })
              .chain((step) =>
                fc
                  .integer({ min: 1, max: 1 + Math.floor((n - 1 - start) / step) })
                  .map((count) => [start, step, count]),
              ),
          ),
      ),
    )
    .map((axes) => {
      const column = (i: number): Numbers => axes.map((axis) => axis[i] ?? Number.NaN)
      return { start: column(0), step: column(1), size: column(2) }
    })

const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 })
const inShape = shapes.chain((shape) => fc.tuple(fc.constant(shape), boxOf(shape), boxOf(shape)))

/** Places in a row-major tensor of some shape of a box's elements, row-major. */
const elements = (shape: Numbers, { start, step, size: count }: Box): Numbers =>
  indicesOf(count).map((index) =>
    index.reduce(
      (o, i, axis) => o + (element(start, axis) + i * element(step, axis)) * element(strides(shape), axis),
      0,
    ),
  )

t.test(
  'boxes are apart exactly where no element is in both, and `place` refuses exactly those that are not',
  async (t) => {
    fc.assert(
      fc.property(inShape, ([shape, a, b]) => {
        const inA = new Set(elements(shape, a))
        const meet = elements(shape, b).some((i) => inA.has(i))
        t.equal(apart(a, b), !meet)
        t.equal(apart(b, a), !meet)
        const both = () => place(shape, [a, b], [input('x', a.size), input('y', b.size)])
        if (meet) t.throws(both, ShapeError)
        else t.same(both().shape, shape)
      }),
      { numRuns: 400 },
    )
  },
)

t.test('slice reads the elements of its box, place writes them, and boxes that meet are added', async (t) => {
  await fc.assert(
    fc.asyncProperty(inShape, async ([shape, a, b]) => {
      const [x, y, whole] = [draw(1, a.size), draw(2, b.size), draw(3, shape)]
      const sum = add(place(shape, [a], [input('x', a.size)]), place(shape, [b], [input('y', b.size)]))
      const found = await evaluate(cpu)({ sum, a: slice(a)(sum) }, { x, y })
      const expected = new Float64Array(size(shape))
      for (const [box, values] of [
        [a, x],
        [b, y],
      ] as const)
        for (const [i, at] of elements(shape, box).entries()) expected[at] = element(expected, at) + element(values, i)
      t.same(found.sum, expected)
      t.same(
        found.a,
        Float64Array.from(elements(shape, a), (at) => expected[at] ?? Number.NaN),
      )
      const from = input('whole', shape)
      const read = await evaluate(cpu)({ a: slice(a)(from), b: slice(b)(from) }, { whole })
      t.same(
        read.a,
        Float64Array.from(elements(shape, a), (at) => whole[at] ?? Number.NaN),
      )
      t.same(
        read.b,
        Float64Array.from(elements(shape, b), (at) => whole[at] ?? Number.NaN),
      )
    }),
    { numRuns: 150 },
  )
})
