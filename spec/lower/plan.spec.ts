import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { compile, planOf } from '../../src/lower/compile.ts'
import { print } from '../../src/plan/print.ts'
import * as T from '../../src/tensor/ops.ts'

const kernels = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('  '))

t.test('an elementwise chain is one kernel', (t) => {
  const x = T.input('x', [64])
  const plan = planOf({ outputs: { y: T.tanh(T.add(T.mul(x, 2), T.exp(x))) }, state: {} })
  t.same(kernels(print(plan)), ['  y = tanh(add(mul(x, 2), exp(x)))  for 1 | 64'])
  t.end()
})

t.test('a transpose, a slice and a convolution window move no data', (t) => {
  const x = T.input('x', [4, 6])
  const y = T.sum(1, { keep: true })(T.transpose([1, 0])(T.take(1, 1, 5)(x)))
  t.equal(kernels(print(planOf({ outputs: { y }, state: {} }))).length, 1)
  t.end()
})

t.test('a concatenation is computed in place', (t) => {
  const [a, b] = [T.input('a', [2, 3]), T.input('b', [3, 4])]
  const plan = planOf({ outputs: { y: T.concat(1)([T.matmul(a, b), T.exp(a)]) }, state: {} })
  t.same(
    kernels(print(plan)).map((line) => line.trim().split(' ')[0]),
    ['y', 'y'],
  )
  t.end()
})

t.test('state that is still to be read is not overwritten: two states are swapped', async (t) => {
  const [a, b] = [T.input('a', [2]), T.input('b', [2])]
  const swap = { outputs: {}, state: { a: T.add(b, 0), b: T.add(a, 0) } }
  const executable = await compile(cpu)(swap)
  await executable.write({ a: Float64Array.of(1, 2), b: Float64Array.of(3, 4) })
  await executable.run({})
  const after = await executable.read(['a', 'b'])
  t.same([...(after.a ?? []), ...(after.b ?? [])], [3, 4, 1, 2])
  await executable.dispose()
})

t.test('the next state reuses the buffer of the old one where it can', (t) => {
  const [s, g] = [T.input('s', [8]), T.input('g', [8])]
  const plan = planOf({ outputs: {}, state: { s: T.sub(s, T.mul(g, 0.5)) } })
  t.same(kernels(print(plan)), ['  s = sub(s, mul(g, 0.5))  for 1 | 8'])
  t.end()
})

t.test('one name cannot be two inputs, of whatever shapes', (t) => {
  const twice = T.mul(T.input('x', [2]), T.input('x', [2]))
  t.throws(() => planOf({ outputs: { twice }, state: {} }), /two different inputs are called "x"/)
  const y = T.add(T.sum(T.input('x', [2])), T.sum(T.input('x', [3])))
  t.throws(() => planOf({ outputs: { y }, state: {} }), /^compile\(\[2\], \[3\]\): two different inputs are called "x"/)
  t.end()
})

t.test('an unused input is known and has no buffer: only declared, or simplified away', (t) => {
  const [x, z] = [T.input('x', [2]), T.input('z', [3])]
  const plan = planOf({ outputs: { y: T.mul(x, 0) }, state: {}, inputs: [z, x] })
  t.same(plan.inputs, [])
  t.same(
    plan.ignored.toSorted((a, b) => a.name.localeCompare(b.name)),
    [
      { name: 'x', shape: [2] },
      { name: 'z', shape: [3] },
    ],
  )
  t.equal(plan.buffers.length, 1)
  t.throws(
    () => planOf({ outputs: { y: x }, state: {}, inputs: [T.input('x', [3])] }),
    /two different inputs are called "x"/,
  )
  t.throws(() => planOf({ outputs: { y: x }, state: {}, inputs: [T.tanh(x)] }), /tanh is declared as an input/)
  t.end()
})

t.test('unused state keeps its buffer', async (t) => {
  const executable = await compile(cpu)({ outputs: {}, state: { s: T.full(3, [2]) }, inputs: [T.input('s', [2])] })
  await executable.run({})
  t.same((await executable.read(['s'])).s, Float64Array.of(3, 3))
  await executable.dispose()
})

t.test('an unknown feed or output is named, with the nearest known name', async (t) => {
  const executable = await compile(cpu)({
    outputs: { y: T.input('theta', [1]) },
    state: {},
    inputs: [T.input('time', [1])],
  })
  const error = (act: Promise<unknown>): Promise<unknown> => act.then(() => null, String)
  t.equal(
    await error(executable.run({ thetta: Float64Array.of(1) })),
    'FeedError: This plan has no input "thetta": did you mean "theta"?',
  )
  t.equal(
    await error(executable.read(['time'])),
    'FeedError: Input "time" changes nothing that this plan computes, so its numbers are not kept.',
  )
  await executable.dispose()
})
