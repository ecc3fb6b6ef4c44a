/** Detached tensors: the values are the same, and no gradient flows, of random graphs. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { evaluate, planOf } from '../src/lower/compile.ts'
import { add, detach, input, mul, square, sum, type Tensor } from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'
import { evenly } from './evenly.ts'

const [x, y, one] = [input('x', [3]), input('y', [3]), input('one', [])]
const three = fc.array(evenly(-3, 3), { minLength: 3, maxLength: 3 }).map((xs) => Float64Array.from(xs))
const gradient = (f: Tensor): Tensor => {
  const total = sum(f)
  return vjp(total, one, [x])[0] ?? x
}

t.test('detach: the value of a detached tensor is its own, and it takes no kernel', async (t) => {
  const of = (f: Tensor) => planOf({ outputs: { f: sum(mul(f, y)) } })
  t.strictSame(
    of(detach(square(x))).regions.map(({ kernels }) => kernels.length),
    of(square(x)).regions.map(({ kernels }) => kernels.length),
  )
  await fc.assert(
    fc.asyncProperty(three, async (values) => {
      const found = await evaluate(cpu)({ own: square(x), detached: detach(square(x)) }, { x: values })
      return JSON.stringify(found.own) === JSON.stringify(found.detached)
    }),
    { numRuns: 10 },
  )
})

t.test('detach: the gradient is that of the graph with a constant in its place', async () => {
  const constant = input('constant', [3])
  // x^2 y + (x^2 held) x
  const held = (by: Tensor): Tensor => gradient(add(mul(square(x), y), mul(by, x)))
  await fc.assert(
    fc.asyncProperty(three, three, async (xs, ys) => {
      const found = await evaluate(cpu)(
        { detached: held(detach(square(x))), constant: held(constant), none: gradient(detach(mul(x, y))) },
        { x: xs, y: ys, constant: xs.map((v) => v * v), one: Float64Array.of(1) },
      )
      return (
        (found.none ?? xs).every((g) => g === 0) &&
        xs.every((v, i) => Math.abs((found.detached?.[i] ?? Number.NaN) - (found.constant?.[i] ?? v)) < 1e-12)
      )
    }),
    { numRuns: 10 },
  )
})
