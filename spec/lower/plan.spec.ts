import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { compile, planOf } from '../../src/lower/compile.ts'
import { print } from '../../src/lower/print.ts'
import * as T from '../../src/tensor/ops.ts'

const kernels = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('  '))

t.test('a chain of maps is one kernel', (t) => {
  const x = T.input('x', [64])
  const plan = planOf({ outputs: { y: T.tanh(T.add(T.mul(x, 2), T.exp(x))) }, state: {} })
  t.same(kernels(print(plan)), ['  y = tanh(add(mul(x, 2), exp(x)))  for 1 | 64'])
  t.end()
})

t.test('a transpose, a slice and a convolution window move nothing', (t) => {
  const x = T.input('x', [4, 6])
  const y = T.sum([1])(T.transpose([1, 0])(T.take(1, 1, 5)(x)))
  t.equal(kernels(print(planOf({ outputs: { y }, state: {} }))).length, 1)
  t.end()
})

t.test('a concatenation is computed in its place', (t) => {
  const [a, b] = [T.input('a', [2, 3]), T.input('b', [3, 4])]
  const plan = planOf({ outputs: { y: T.concat(1)([T.matmul(a, b), T.exp(a)]) }, state: {} })
  t.same(
    kernels(print(plan)).map((line) => line.trim().split(' ')[0]),
    ['y', 'y'],
  )
  t.end()
})

t.test('state that is still to be read is not overwritten: two states change places', async (t) => {
  const [a, b] = [T.input('a', [2]), T.input('b', [2])]
  const swap = { outputs: {}, state: { a: T.add(b, 0), b: T.add(a, 0) } }
  const executable = await compile(cpu)(swap)
  await executable.write({ a: Float64Array.of(1, 2), b: Float64Array.of(3, 4) })
  await executable.run({})
  const after = await executable.read(['a', 'b'])
  t.same([...(after.a ?? []), ...(after.b ?? [])], [3, 4, 1, 2])
  await executable.dispose()
})

t.test('the next state takes over the buffer of the old one where it can', (t) => {
  const [s, g] = [T.input('s', [8]), T.input('g', [8])]
  const plan = planOf({ outputs: {}, state: { s: T.sub(s, T.mul(g, 0.5)) } })
  t.same(kernels(print(plan)), ['  s = sub(s, mul(g, 0.5))  for 1 | 8'])
  t.end()
})

t.test('one name cannot be two inputs of different shapes', (t) => {
  const y = T.add(T.sumAll(T.input('x', [2])), T.sumAll(T.input('x', [3])))
  t.throws(() => planOf({ outputs: { y }, state: {} }), /input x has two shapes: \[2\] and \[3\]/)
  t.end()
})

t.test('what was fed but is not needed is still an input', (t) => {
  const plan = planOf({ outputs: { y: T.mul(T.input('x', [2]), 0) }, state: {} })
  t.same(
    plan.inputs.map((p) => p.name),
    ['x'],
  )
  t.end()
})
