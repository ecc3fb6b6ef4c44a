/** Slices and placements reach the last element of a shape, and not the one behind it. */
import fc from 'fast-check'
import t from 'tap'
import { input, place, slice } from '../../src/tensor/ops.ts'

const box = fc.record({
  start: fc.nat(3),
  step: fc.integer({ min: 1, max: 3 }),
  count: fc.integer({ min: 1, max: 4 }),
})
/** How many elements there must be. */
const needed = ({ start, step, count }: { start: number; step: number; count: number }): number =>
  start + (count - 1) * step + 1

t.test('a slice fits where its last element does', (test) => {
  fc.assert(
    fc.property(box, (b) => {
      const of = (n: number) => () =>
        slice({ start: [0, b.start], step: [1, b.step], size: [2, b.count] })(input('x', [2, n]))
      of(needed(b))()
      // one element fewer is one too few
      if (needed(b) > 1) test.throws(of(needed(b) - 1), { name: 'ShapeError' })
    }),
  )
  test.end()
})

t.test('a placement fits where its last element does', (test) => {
  fc.assert(
    fc.property(box, (b) => {
      const into = (n: number) => () =>
        place([2, n], [{ start: [0, b.start], step: [1, b.step] }], [input('x', [2, b.count])])
      into(needed(b))()
      if (needed(b) > 1) test.throws(into(needed(b) - 1), { name: 'ShapeError' })
    }),
  )
  test.end()
})
