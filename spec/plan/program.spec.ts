/**
 * Programs whose names the compiler knows. The lines below `@ts-expect-error` are the types' own tests: `tsc`, part of
 * `npm run check`, fails where one of them is no error.
 */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { compile, evaluate, planOf } from '../../src/lower/compile.ts'
import type { Values } from '../../src/plan/compiled.ts'
import { FeedError } from '../../src/plan/errors.ts'
import { program } from '../../src/plan/program.ts'
import * as T from '../../src/tensor/ops.ts'

const linear = program(
  { x: [2, 2], rate: [], labels: { shape: [2], below: 2 }, unused: { shape: [3] } },
  ({ x, rate, labels }) => {
    const y = T.mul(x, rate)
    return { outputs: { y, chosen: T.gather(1, labels)(y) }, scalars: { loss: T.sum(y) } }
  },
)
const feeds = {
  x: [
    [1, 2],
    [3, 4],
  ],
  rate: 2,
  labels: [1, 0],
  unused: [0, 0, 0],
}

for (const backend of [cpu, wasm])
  t.test(`${backend.name}: outputs are blocks of numbers, scalars plain numbers, all known by name`, async (t) => {
    const run = await compile(backend, { threads: 1 })(linear)
    try {
      const { y, chosen, loss } = await run.run(feeds)
      const typed: readonly [Values, Values, number] = [y, chosen, loss]
      t.same(
        typed.map((v) => (typeof v === 'number' ? v : [...v])),
        [[2, 4, 6, 8], [4, 2, 8, 6], 20],
      )
      t.same(y.shape, [2, 2])
      const { x } = await run.read(['x'])
      t.same(x.shape, [2, 2])
      // @ts-expect-error there is no output of this name
      t.equal((await run.run(feeds)).z, undefined)
    } finally {
      await run.dispose()
    }
  })

t.test('a feed that is missing or misspelt is an error of types, and of the run', async (t) => {
  const run = await compile(cpu)(linear)
  const { labels, ...others } = feeds
  // @ts-expect-error labels are missing
  await t.rejects(run.run(others), new FeedError('Input "labels" was never given.'))
  // @ts-expect-error it is `labels`
  await t.rejects(run.run({ ...others, label: labels }), { message: /did you mean "labels"/ })
  // @ts-expect-error it is `rate`
  await t.rejects(run.write({ rates: 1 }), { message: /did you mean "rate"/ })
  await run.write({ rate: 3 })
  await run.dispose()
})

t.test('an input that nothing needs is checked, and changes nothing', async (t) => {
  t.same(
    planOf(linear).ignored.map(({ name }) => name),
    ['unused'],
  )
  const run = await compile(cpu)(linear)
  await t.rejects(run.run({ ...feeds, unused: [1] }), FeedError)
  await run.dispose()
})

t.test('state needs no feed', async (t) => {
  const counter = program({ count: [], by: [] }, ({ count, by }) => {
    const next = T.add(count, by)
    return { scalars: { next }, state: { count: next } }
  })
  const run = await compile(cpu)(counter)
  t.equal((await run.run({ by: 2 })).next, 2)
  t.equal((await run.run({ by: 3, count: 10 })).next, 13)
  // @ts-expect-error `by` is no state
  t.equal((await run.run({})).next, 16)
  await run.dispose()
})

t.test('outputs, scalars and state are optional, and a plain object takes feeds by any name', async (t) => {
  const x = T.input('x', [2])
  const outputs = await compile(cpu)({ outputs: { y: T.neg(x) } })
  t.same((await outputs.run({ x: [1, 2] })).y, Float64Array.of(-1, -2))
  const scalars = await compile(cpu)({ scalars: { norm: T.sum(T.square(x)) } })
  t.equal((await scalars.run({ x: [3, 4] })).norm, 25)
  const { y } = await evaluate(cpu)({ y: T.neg(x) }, { x: [1, 2] })
  t.same(y.shape, [2])
  await outputs.dispose()
  await scalars.dispose()
})

t.test('what cannot be a scalar, or an input by its name, is refused by name', async (t) => {
  const x = T.input('x', [2])
  const wrong = { name: 'ShapeError' }
  t.throws(() => planOf({ scalars: { loss: x } }), {
    ...wrong,
    message: 'compile([2]): the scalar "loss" has shape [2], expected []',
  })
  t.throws(() => planOf({ outputs: { y: x }, scalars: { y: T.sum(x) } }), {
    ...wrong,
    message: 'compile([]): "y" is an output and a scalar, expected one of them',
  })
  t.throws(() => planOf({ inputs: { z: x }, outputs: { x } }), {
    ...wrong,
    message: 'compile([2]): the input "x" is declared as "z", expected its own name',
  })
})
