import t from 'tap'
import { planOf } from '../../src/lower/compile.ts'
import * as T from '../../src/tensor/ops.ts'
import { vjp } from '../../src/transform/grad.ts'

const table = T.input('table', [40, 6])
const labels = T.index('labels', [16], 40)

t.test('a gather is one nest and so is its gradient, beside the copy into an output; neither keeps a one-hot', (t) => {
  const y = T.gather(0, labels)(table)
  const [gradient = y] = vjp(y, T.input('dy', y.shape), [table])
  for (const output of [y, gradient]) {
    const plan = planOf({ outputs: { output }, state: {} })
    const kernels = plan.regions.flatMap((r) => r.kernels)
    t.same(
      kernels.map((k) => (k.kind === 'nest' && k.fold !== null ? k.fold.name : 'copy')),
      ['sum', 'copy'],
    )
    t.ok(plan.buffers.every((b) => b.size <= 40 * 6))
  }
  t.end()
})

t.test('no gradient flows to an index', (t) => {
  const y = T.crossEntropy(T.take(0, 0, 16)(T.input('logits', [16, 40])), labels)
  const [gradient = y] = vjp(y, T.input('dy', y.shape), [labels])
  t.equal(String(gradient), 'full 0 [16]')
  t.end()
})
