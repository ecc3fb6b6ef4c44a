/** Which random graphs are used for float32 backends: all but those that are ill-conditioned in float32. */
import fc from 'fast-check'
import t from 'tap'
import { add, broadcast, ge, input, mul, normalise } from '../src/tensor/ops.ts'
import { isSteady } from './agreement/steady.ts'
import { randomGraph } from './graphs.ts'

const c = input('c', [3])
const feeds = { c: Float64Array.of(0.7, 0.3, -1.1) }
const steady = isSteady(1e-4)

t.test(
  'a difference that is all rounding error is not steady, the same values with a real difference are',
  async (t) => {
    const large = (x: typeof c) => normalise([0], 1e-2)(add(mul(x, 0.1), 1234.5))
    const same = broadcast([3, 3])(large(c))
    t.notOk(steady({ outputs: { same }, feeds: { c: Float64Array.of(0.7, 0.7, 0.7) } }))
    t.ok(steady({ outputs: { y: normalise([0], 1e-2)(c) }, feeds }))
  },
)

t.test('a comparison that rounding may flip is not steady, one of distant values is', async (t) => {
  t.notOk(steady({ outputs: { y: ge(mul(c, 3), add(mul(c, 3), 1e-7)) }, feeds }))
  t.notOk(steady({ outputs: { y: mul(c, ge(c, c)) }, feeds }))
  t.ok(steady({ outputs: { y: ge(c, add(c, 0.01)) }, feeds }))
})

t.test('nearly all random graphs are steady', async (t) => {
  const all = fc.sample(randomGraph(24), { numRuns: 300, seed: 1 })
  const some = all.filter(steady)
  t.ok(some.length > 290, `${some.length} of ${all.length}`)
})
