import t from 'tap'
import { element } from '../../src/codec/element.ts'

t.test('an element that is not there is an error, never another', (t) => {
  t.equal(element([5, 6], 1), 6)
  t.equal(element(Float64Array.of(0, -0), 0), 0)
  for (const index of [-1, 2, 0.5, Number.NaN])
    t.throws(() => element([5, 6], index), { message: `there is no element ${index} in a list of 2` })
  t.end()
})
