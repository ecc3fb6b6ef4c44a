import t from 'tap'
import { planOf } from '../../src/lower/compile.ts'
import { inOrder, large } from '../../src/lower/order.ts'
import type { Task } from '../../src/lower/task.ts'
import * as T from '../../src/tensor/ops.ts'

const kernels = (plan: ReturnType<typeof planOf>): readonly string[] =>
  plan.regions.flatMap((r) => r.kernels.map((k) => k.name.replace(/\.\d+/, '')))

/** A task that stores so many numbers. */
const task = (name: string, after: readonly number[], role: Task['role'] = 'kernel', numbers = 1): Task => ({
  draft: { name, operands: [], parallel: [{ size: numbers, steps: [] }], body: { kind: 'contract', n: [], k: [] } },
  after,
  role,
})
const names = (tasks: readonly Task[]): string =>
  inOrder(tasks)
    .map((x) => x.draft.name)
    .join(' ')

t.test('tasks run level by level; fills just before what needs them, next states late, last ones last', (t) => {
  t.equal(names([task('b', [1]), task('a', [])]), 'a b')
  t.equal(names([task('a', []), task('c', [0]), task('d', [])]), 'a d c')
  t.equal(names([task('zero', [], 'fill'), task('a', []), task('b', [1]), task('in', [0, 2])]), 'a b zero in')
  t.equal(names([task('a', []), task('in', [2]), task('zero', [], 'fill')]), 'zero a in', 'fills first of their level')
  t.equal(names([task('copy', [1], 'last'), task('next', [], 'next state'), task('a', [])]), 'a next copy')
  t.throws(() => inOrder([task('a', [1]), task('b', [0])]), /schedule: a would have to run before itself/)
  t.end()
})

t.test('a large result of nothing but inputs is computed just before what needs it first', (t) => {
  const order = (numbers: number): string =>
    names([task('a', []), task('w', [], 'kernel', numbers), task('b', [0]), task('c', [1, 2]), task('d', [1, 3])])
  t.equal(order(large), 'a b w c d')
  t.equal(order(large - 1), 'a w b c d')
  t.equal(names([task('a', []), task('w', [], 'kernel', large)]), 'a w', 'an output: nothing needs it')
  t.equal(names([task('a', []), task('w', [0], 'kernel', large), task('b', [0]), task('c', [1, 2])]), 'a w b c')
  t.end()
})

t.test('layouts of weights that strides cannot say lie in memory one after another', (t) => {
  const weights = [0, 1, 2, 3].map((i) => T.input(`w${i}`, [1024, 1024]))
  const x = T.input('x', [2 ** 20])
  const flat = (w: T.Tensor): T.Tensor => T.reshape([2 ** 20])(T.transpose([1, 0])(w))
  const y = weights.reduce((so, w) => T.mul(T.mean([0])(T.mul(flat(w), so)), x), x)
  const plan = planOf({ outputs: { y }, state: {} })
  const lives = plan.buffers.flatMap(({ name }, i) => (name.startsWith('transpose') ? [plan.lifetimes[i] ?? []] : []))
  t.equal(lives.length, weights.length)
  for (const [i, [first = -1]] of lives.entries())
    if (i > 0) t.ok(first > (lives[i - 1]?.[1] ?? first), `w${i}: ${JSON.stringify(lives)}`)
  t.end()
})

t.test('what is below a view that strides cannot say is stored, and nothing else is', (t) => {
  const x = T.input('x', [4, 6])
  const y = (via: T.Tensor): T.Tensor => T.exp(T.reshape([24])(via))
  t.same(kernels(planOf({ outputs: { y: y(T.exp(x)) }, state: {} })), ['exp'])
  t.same(kernels(planOf({ outputs: { y: y(T.transpose([1, 0])(x)) }, state: {} })), ['transpose', 'exp'])
  t.end()
})

t.test('a node is computed in its box only where everything that reads it can read it there', (t) => {
  const x = T.input('x', [4, 6])
  const m = T.softmax(1)(x)
  const wide = T.concat(1)([m, x])
  const read = (v: T.Tensor): T.Tensor => T.sum([0])(T.mul(v, v))
  const inPlace = planOf({ outputs: { wide, s: read(m) }, state: {} })
  t.ok(
    kernels(inPlace).every((name) => !/\.div$/.test(name)),
    'no copy of the softmax',
  )
  const flat = planOf({ outputs: { wide, s: read(T.reshape([24])(m)) }, state: {} })
  t.ok(
    flat.buffers.some((b) => b.name.startsWith('div')),
    'a buffer of its own, and a copy in the box',
  )
  t.end()
})

t.test('a next state waits for all that reads the old one, and is computed in its place', (t) => {
  const [s, x] = [T.input('s', [32]), T.input('x', [32])]
  const plan = planOf({ outputs: { y: T.sum([0])(T.mul(s, x)) }, state: { s: T.mul(s, 0.5) } })
  t.notOk(plan.buffers.some((b) => b.name === 's.next'))
  t.same(kernels(plan).at(-1), 'mul')
  t.end()
})
