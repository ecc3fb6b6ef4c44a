/** Constants are what they are on every backend: -0, infinities and NaN too; and what `exact` keeps of IEEE's arithmetic. */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { evaluate } from '../../src/lower/compile.ts'
import * as T from '../../src/tensor/ops.ts'
import { grad } from '../../src/transform/grad.ts'
import { simplify } from '../../src/transform/simplify.ts'

const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN]
const constants: readonly number[] = [0, -0, 1, -1, inf, -inf, nan]
const name = (v: number): string => (Object.is(v, -0) ? '-0' : `${v}`)
const x = T.input('x', [3])
const feeds = { x: Float64Array.of(-2, 0, 3) }
const special = { x: Float64Array.of(nan, inf, -0) }

t.test('two constants are one node exactly where they are the same number', (t) => {
  const nodes = simplify(constants.flatMap((v) => [T.full(v, [3]), T.full(v, [3])]))
  for (const [i, v] of constants.entries())
    for (const [j, w] of constants.entries())
      t.equal(nodes[2 * i] === nodes[2 * j + 1], i === j, `${name(v)} and ${name(w)}`)
  t.end()
})

for (const backend of [cpu, wasm]) {
  t.test(`${backend.name}: constants beside each other in one program stay apart`, async (t) => {
    const outputs = Object.fromEntries(
      constants.flatMap((v) => [
        [`full ${name(v)}`, T.full(v, [3])],
        [`1 / ${name(v)}`, T.div(1, T.full(v, [3]))],
        [`x * ${name(v)}`, T.mul(x, v)],
        [`max(x, ${name(v)})`, T.maximum(x, v)],
        [`min(x, ${name(v)})`, T.minimum(x, v)],
        [`x / ${name(v)}`, T.div(x, v)],
      ]),
    )
    const found = await evaluate(backend, { exact: true })(outputs, feeds)
    const each = (f: (v: number) => number): readonly number[] => Array.from(feeds.x, f)
    for (const v of constants) {
      t.same(Array.from(found[`full ${name(v)}`] ?? []), [v, v, v], `full ${name(v)}`)
      t.same(Array.from(found[`1 / ${name(v)}`] ?? []), [1 / v, 1 / v, 1 / v], `1 / ${name(v)}`)
      t.same(
        Array.from(found[`x * ${name(v)}`] ?? [], (n) => n + 0),
        each((n) => n * v + 0),
        `x * ${name(v)}`,
      )
      t.same(
        Array.from(found[`max(x, ${name(v)})`] ?? [], (n) => n + 0),
        each((n) => Math.max(n, v) + 0),
        `max ${name(v)}`,
      )
      t.same(
        Array.from(found[`min(x, ${name(v)})`] ?? [], (n) => n + 0),
        each((n) => Math.min(n, v) + 0),
        `min ${name(v)}`,
      )
      t.same(
        Array.from(found[`x / ${name(v)}`] ?? []),
        each((n) => n / v),
        `x / ${name(v)}`,
      )
    }
  })

  t.test(`${backend.name}: between both infinities a number stays what it is`, async (t) => {
    const y = T.maximum(T.minimum(x, inf), -inf)
    t.same((await evaluate(backend)({ y }, feeds)).y, feeds.x)
  })

  t.test(`${backend.name}: exact keeps NaN, infinities and the sign of 0; without it constants decide`, async (t) => {
    const zeros = T.full(0, [3])
    const outputs = {
      'x * 0': T.mul(x, 0),
      '1 / (x + 0)': T.div(1, T.add(x, 0)),
      '1 / (x - -0)': T.div(1, T.sub(x, -0)),
      '1 / (0 - x)': T.div(1, T.sub(0, x)),
      'dx of x * 0': grad((v: T.Tensor) => T.sum(T.mul(T.mul(v, v), zeros)))(x),
    }
    const exact = await evaluate(backend, { exact: true })({ ...outputs, x }, special)
    t.same(
      Array.from(exact['x * 0'] ?? [], (v) => v + 0),
      [nan, nan, 0],
    )
    t.same(Array.from(exact['1 / (x + 0)'] ?? []), [nan, 0, inf])
    t.same(Array.from(exact['1 / (x - -0)'] ?? []), [nan, 0, inf])
    t.same(
      Array.from(exact['1 / (0 - x)'] ?? [], (v) => v + 0),
      [nan, 0, inf],
    )
    t.same(
      Array.from(exact['dx of x * 0'] ?? [], (v) => v + 0),
      [nan, nan, 0],
    )
    const loose = await evaluate(backend)({ ...outputs, x }, special)
    t.same(Array.from(loose['x * 0'] ?? []), [0, 0, 0])
    t.same(Array.from(loose['1 / (x + 0)'] ?? []), [nan, 0, -inf])
    t.same(Array.from(loose['1 / (x - -0)'] ?? []), [nan, 0, -inf])
    t.same(
      Array.from(loose['1 / (0 - x)'] ?? [], (v) => v + 0),
      [nan, 0, inf],
    )
    t.same(Array.from(loose['dx of x * 0'] ?? []), [0, 0, 0])
  })

  t.test(`${backend.name}: placements that are added lose the sign of 0 only where exact asks for it`, async (t) => {
    const y = T.add(
      T.place([6], [{ start: [0], step: [1] }], [x]),
      T.place([6], [{ start: [3], step: [1] }], [T.neg(x)]),
    )
    const inverse = T.div(1, y)
    const feed = { x: Float64Array.of(-0, 2, -0) }
    const exact = await evaluate(backend, { exact: true })({ inverse }, feed)
    t.same(Array.from(exact.inverse ?? []), [inf, 0.5, inf, inf, -0.5, inf])
    const loose = await evaluate(backend)({ inverse }, feed)
    t.same(Array.from(loose.inverse ?? []), [-inf, 0.5, -inf, inf, -0.5, inf])
  })
}
