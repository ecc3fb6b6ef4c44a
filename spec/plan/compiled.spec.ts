import { inspect } from 'node:util'
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { backends } from '../../backends/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { compile, evaluate, planOf } from '../../src/lower/compile.ts'
import { FeedError } from '../../src/plan/errors.ts'
import * as T from '../../src/tensor/ops.ts'
import { grad } from '../../src/transform/grad.ts'

const x = T.input('x', [2, 3])
const rate = T.input('rate', [])
const labels = T.index('labels', [2], 3)
const outputs = { y: T.mul(x, rate), chosen: T.gather(1, labels)(x) }
const feeds = {
  x: [
    [1, 2, 3],
    [4, 5, 6],
  ],
  rate: 2,
  labels: [2, 0],
}

for (const backend of [cpu, wasm])
  t.test(`${backend.name}: feeds are nested lists and numbers, outputs know their shapes`, async (t) => {
    const e = await compile(backend, { threads: 1 })({ outputs, state: {} })
    try {
      const { y, chosen } = await e.run(feeds)
      t.same([...(y ?? [])], [2, 4, 6, 8, 10, 12])
      t.same(y?.shape, [2, 3])
      t.same([...(chosen ?? [])], [3, 1, 6, 4])
      t.same(chosen?.shape, [2, 2])
      const { x: back } = await e.read(['x'])
      t.same(back?.shape, [2, 3])
      await e.write({ rate: Float64Array.of(-1) })
      t.same([...((await e.run({})).y ?? [])], [-1, -2, -3, -4, -5, -6])
    } finally {
      await e.dispose()
    }
  })

t.test('labels and pixels are fed as data sets hold them', async (t) => {
  for (const kind of [Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint32Array]) {
    const { y, chosen } = await evaluate(cpu)(outputs, {
      x: kind.of(1, 2, 3, 4, 5, 6),
      rate: 1,
      labels: kind.of(2, 0),
    })
    t.same([...(y ?? []), ...(chosen ?? [])], [1, 2, 3, 4, 5, 6, 3, 1, 6, 4], kind.name)
  }
})

t.test('an output compares and prints as the plain numbers that it is', async (t) => {
  const { y } = await evaluate(cpu)({ y: outputs.y }, { x: feeds.x, rate: 1 })
  t.same(y, Float64Array.of(1, 2, 3, 4, 5, 6))
  t.same(Object.keys(y ?? {}), ['0', '1', '2', '3', '4', '5'])
  t.equal(inspect(x), 'Tensor(input x [2, 3])')
})

const refused = async (wrong: Parameters<ReturnType<typeof evaluate>>[1]): Promise<string> =>
  evaluate(cpu)(outputs, { ...feeds, ...wrong }).then(
    () => 'it was accepted',
    (error: unknown) => (error instanceof FeedError ? error.message : `another error: ${error}`),
  )

t.test('a feed of another shape, a ragged one, and a place that is none are refused', async (t) => {
  t.equal(await refused({ x: [1, 2, 3, 4, 5, 6] }), 'Input "x" has shape [2, 3], but [6] was given.')
  t.equal(await refused({ x: 1 }), 'Input "x" has shape [2, 3], but [] was given.')
  t.equal(await refused({ x: [[1, 2, 3], [4]] }), 'Input "x": [1] has 1 elements, expected 3 as in [2, 3].')
  const places = 'Index "labels" takes whole numbers from 0 to 2, but element'
  t.equal(await refused({ labels: [0, 3] }), `${places} 1 is 3.`)
  t.equal(await refused({ labels: [-1, 0] }), `${places} 0 is -1.`)
  t.equal(await refused({ labels: Float32Array.of(0.5, 0) }), `${places} 0 is 0.5.`)
  t.equal(await refused({ labels: [Number.NaN, 0] }), `${places} 0 is NaN.`)
  t.match(await refused({ label: [[0]] }), /did you mean "labels"/)
})

t.test('an index that nothing needs is checked all the same, and none is state', async (t) => {
  const e = await compile(cpu)({ outputs: { y: x }, state: {}, inputs: [labels] })
  await t.rejects(e.run({ x: feeds.x, labels: [0, 3] }), { name: 'FeedError' })
  await e.dispose()
  t.same(planOf({ outputs, state: {} }).inputs.find((p) => p.name === 'labels')?.below, 3)
  t.throws(() => planOf({ outputs: {}, state: { labels: T.neg(labels) } }), /cannot be state/)
})

t.test('rows that are chosen twice have both gradients added, on an axis of any length', async (t) => {
  for (const n of [4, 300]) {
    const table = T.input('table', [n, 2])
    const index = T.index('index', [3], n)
    const weights = T.array([
      [1, 2],
      [10, 20],
      [100, 200],
    ])
    const loss = (of: T.Tensor): T.Tensor => T.sum(T.mul(T.gather(0, index)(of), weights))
    const { g = [] } = await evaluate(cpu)({ g: grad(loss)(table) }, { index: [3, 1, 3] })
    t.same(Array.from(g).slice(0, 8), [0, 0, 10, 20, 0, 0, 101, 202])
  }
})

t.test('a backend either observes every kernel or refuses to: it never ignores `observe`', async (t) => {
  const y = T.sum(T.exp(T.mul(x, 2)))
  for (const backend of Object.values(backends)) {
    const seen: string[] = []
    const run = evaluate(backend, { observe: ({ name }) => seen.push(name) })({ y }, { x: feeds.x })
    const refused = await run.then(
      () => null,
      (error: unknown) => error,
    )
    if (refused === null) t.ok(seen.length > 0, `${backend.name}: kernels were observed`)
    else
      t.match(refused, {
        name: 'Refusal',
        message: `${backend.name} does not stop between kernels, so \`observe\` would never be called: observe on cpu.`,
      })
  }
})
