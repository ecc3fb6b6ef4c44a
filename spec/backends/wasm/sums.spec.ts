/** Sums of 2^24 terms, as many as float32 counts. */

import t from 'tap'
import { wasm } from '../../../backends/wasm/index.ts'
import { evaluate } from '../../../src/lower/compile.ts'
import type { Outputs } from '../../../src/plan/compiled.ts'
import {
  contract,
  full,
  input,
  mean,
  normalise,
  reshape,
  softmax,
  square,
  sum,
  type Tensor,
} from '../../../src/tensor/ops.ts'
import { vjp } from '../../../src/transform/grad.ts'

const terms = 2 ** 24

/** Numbers between 1/2 and 1, no two neighbours alike. */
const unlike = (): Float32Array => {
  let s = 12345
  return Float32Array.from({ length: terms }, () => {
    s = (Math.imul(s, 1103515245) + 12345) & 0x7fffffff
    return 0.5 + s / 2 ** 32
  })
}
const alike = (): Float32Array => new Float32Array(terms).fill(0.1)
const norm = (x: Tensor): Tensor => mean(square(normalise([0], 0)(x)))

for (const [name, x] of Object.entries({ 'all alike': alike(), 'no two alike': unlike() }))
  t.test(`2^24 terms, ${name}: sum, mean, product, softmax, a weight's gradient and layer norm`, async (t) => {
    const node = input('x', [terms])
    const weight = input('weight', [8, 3])
    const y = contract({ sum: [[1, 0]] })(reshape([terms / 8, 8])(node), weight)
    const [gradient = weight] = vjp(y, full(1, y.shape), [weight])
    const sums = {
      sum: sum(node),
      mean: mean(node),
      product: contract({ sum: [[0, 0]] })(node, node),
      softmax: sum(softmax(0)(node)),
      gradient: sum(gradient),
      ...(name === 'all alike' ? {} : { norm: norm(node) }),
    }
    const found: Outputs = await evaluate(wasm)(sums, { x })
    const [total, squares] = x.reduce(([s = 0, q = 0], v) => [s + v, q + v * v], [0, 0])
    const exact: Readonly<Record<string, number>> = {
      sum: total,
      mean: total / terms,
      product: squares,
      softmax: 1,
      gradient: 3 * total,
      norm: 1,
    }
    for (const key of Object.keys(sums)) {
      const by = Math.abs((found[key]?.[0] ?? Number.NaN) / (exact[key] ?? Number.NaN) - 1)
      t.ok(by < 1e-6, `${key}: ${by}`)
    }
  })
