import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { compile, evaluate } from '../../src/lower/compile.ts'
import * as T from '../../src/tensor/ops.ts'
import { grad, valueAndGrad, vjp } from '../../src/transform/grad.ts'
import { print } from '../../src/transform/print.ts'
import { simplify } from '../../src/transform/simplify.ts'

const x = T.input('x', [3])
const feeds = { x: Float64Array.of(1, 2, -3) }

t.test('the gradient of a gradient: x^3 gives 3 x^2, then 6 x', async (t) => {
  const cube = (v: T.Tensor): T.Tensor => T.sum(T.mul(v, T.mul(v, v)))
  const first = grad(cube)(x)
  const second = grad((v: T.Tensor) => T.sum(grad(cube)(v)))(x)
  const third = grad((u: T.Tensor) => T.sum(grad((v: T.Tensor) => T.sum(grad(cube)(v)))(u)))(x)
  const values = await evaluate(cpu)({ first, second, third }, feeds)
  t.same([...(values.first ?? [])], [3, 12, 27])
  t.same([...(values.second ?? [])], [6, 12, -18])
  t.same([...(values.third ?? [])], [6, 6, 6])
})

t.test('a tree of parameters gives a tree of gradients; unused ones get zeros', async (t) => {
  const params = { layers: [{ a: T.input('a', [2]) }, { a: T.input('b', [2]) }], unused: T.input('u', [1]) }
  const [value, gradient] = valueAndGrad((p: typeof params) => T.sum(T.mul(p.layers[0]?.a ?? 0, p.layers[1]?.a ?? 0)))(
    params,
  )
  const outputs = { value, first: gradient.layers[0]?.a ?? value, unused: gradient.unused }
  const values = await evaluate(cpu)(outputs, { a: Float64Array.of(1, 2), b: Float64Array.of(3, 4) })
  t.same([...(values.value ?? [])], [11])
  t.same([...(values.first ?? [])], [3, 4])
  t.same([...(values.unused ?? [])], [0])
})

t.test('only a scalar has a gradient', (t) => {
  t.throws(() => grad((v: T.Tensor) => v)(x), /^grad\(\[3\]\): the function must give one number/)
  t.end()
})

t.test('simplify merges equal nodes, up to commutativity, and folds constants', (t) => {
  const [y] = simplify([T.sub(T.mul(T.exp(x), T.add(x, 1)), T.mul(T.add(T.mul(x, 1), T.add(0.5, 0.5)), T.exp(x)))])
  t.equal(y === undefined ? 0 : print({ y }).match(/= exp/g)?.length, 1)
  t.equal(y === undefined ? 0 : print({ y }).match(/= mul/g)?.length, 1)
  t.end()
})

t.test(
  'two different inputs of one name are refused wherever one of them would get a part of what both are given',
  async (t) => {
    const [a, other] = [T.input('a', [2]), T.input('a', [2])]
    const f = (v: T.Tensor): T.Tensor => T.sum(T.mul(v, other))
    const twice = (asked: string): RegExp =>
      new RegExp(`^${asked}\\(\\[2\\], \\[2\\]\\): two different inputs are called "a"`)
    t.throws(() => grad(f)(a), { name: 'ShapeError', message: twice('grad') })
    t.throws(() => valueAndGrad(f)(a), { name: 'ShapeError', message: twice('grad') })
    t.throws(() => vjp(f(a), T.full(1, []), [a]), { name: 'ShapeError', message: twice('vjp') })
    t.throws(() => vjp(T.tanh(a), other, [a]), { name: 'ShapeError', message: twice('vjp') })
    t.throws(() => vjp(T.tanh(a), T.full(1, [2]), [other]), { name: 'ShapeError', message: twice('vjp') })
    for (const outputs of [{ y: f(a) }, { a, other }])
      await t.rejects(compile(cpu)({ outputs, state: {} }), { name: 'ShapeError', message: twice('compile') })
    t.same((await evaluate(cpu)({ y: T.add(a, a) }, { a: Float64Array.of(1, 2) })).y, Float64Array.of(2, 4))
  },
)

t.test('inputs never become one in simplify, of one name or of two', (t) => {
  const pairs = [
    [T.input('a', [2]), T.input('a', [2])],
    [T.input('a', [2]), T.input('b', [2])],
    [T.literal(Float64Array.of(1, 2), [2]), T.literal(Float64Array.of(1, 2), [2])],
  ] as const
  for (const [a, b] of pairs) {
    const [p, q] = simplify([T.tanh(a), T.tanh(b)])
    t.not(p, q)
  }
  t.end()
})

t.test('two zero biases stay two: inputs are distinct by identity', (t) => {
  const [a, b] = [T.input('a', [2]), T.input('b', [2])]
  const nodes = simplify([T.add(a, 0), T.add(b, 0)])
  t.not(nodes[0], nodes[1])
  t.end()
})
