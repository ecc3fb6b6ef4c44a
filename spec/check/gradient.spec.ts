/** The gradient checker: right rules pass, a rule that is wrong by a thousandth does not, and the report says where. */
import { either as E } from 'fp-ts'
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { checkGradient, GradientError, gradientHolds, type Points } from '../../src/check/index.ts'
import { apply, operand } from '../../src/tensor/expression.ts'
import { add, contract, exp, matmul, mul, normalise, softmax, square, type Tensor, tanh } from '../../src/tensor/ops.ts'
import { primitive } from '../../src/tensor/primitive.ts'

const check = checkGradient(cpu)

/** tanh with a derivative that is off by `error`, relatively. */
const plantedTanh = (error: number) => {
  const p = primitive<Record<string, never>>({
    name: 'tanh',
    shape: ([s = []]) => E.right(s),
    lower: () => ({ kind: 'map', expression: apply('tanh', operand(0)) }),
    vjp: ({ y, dy }) => [mul(mul(dy, add(1, mul(-1, square(y)))), 1 + error)],
    domain: { interval: [-1, 1], cases: [] },
  })
  return (x: Tensor): Tensor => p.apply({}, [x])
}

t.test('right rules pass, in first and second order', async (t) => {
  const attentionLike = ({ q, k, v }: { q: Tensor; k: Tensor; v: Tensor }): Tensor =>
    matmul(softmax(-1)(contract({ sum: [[1, 1]] })(q, k)), normalise([-1], 1e-3)(v))
  const report = await check(attentionLike, { q: [3, 2], k: [4, 2], v: [4, 3] })
  t.ok(report.ok, report.message)
  t.same(
    new Set(report.findings.map((f) => `${f.order} ${f.input}`)),
    new Set(['1 q', '1 k', '1 v', '2 q', '2 k', '2 v', '2 dy']),
  )
  t.ok(report.worst.error < 1e-8, 'agreement is far within the tolerance', report.worst)
  t.match(report.message, /^the gradient agrees with central differences/)
})

t.test('a rule that is wrong by a thousandth is rejected, and the report names the input behind it', async (t) => {
  const layer =
    (f: (x: Tensor) => Tensor) =>
    ({ x, weight }: { x: Tensor; weight: { inner: Tensor; outer: Tensor } }): Tensor =>
      add(matmul(x, weight.outer), f(matmul(x, weight.inner)))
  const points = { x: [2, 3], weight: { inner: [3, 4], outer: [3, 4] } }
  for (const seed of [1, 2, 3, 4, 5]) {
    t.ok((await check(layer(plantedTanh(0)), points, { seed })).ok)
    const wrong = await check(layer(plantedTanh(1e-3)), points, { seed })
    t.notOk(wrong.ok)
    t.match(
      wrong.findings.find((f) => f.order === 1 && f.input === 'weight.outer'),
      { error: Number },
    )
    t.ok(wrong.findings.every((f) => f.order === 2 || f.input !== 'weight.outer' || f.error < 1e-6))
    const alone = await check(layer(plantedTanh(1e-3)), points, { seed, order: 1 })
    t.not(alone.worst.input, 'weight.outer')
    t.match(alone.message, /^the gradient of (x|weight\.inner) is wrong: reverse mode gives .+, central differences .+/)
  }
})

t.test('a rule whose own derivative is wrong is found in the second order only', async (t) => {
  // exp whose vjp is right in value, but whose vjp's vjp is not: the factor is cut off from x
  const frozen = primitive<Record<string, never>>({
    name: 'exp',
    shape: ([s = []]) => E.right(s),
    lower: () => ({ kind: 'map', expression: apply('exp', operand(0)) }),
    vjp: ({ y, dy }) => [mul(dy, plantedIdentity(y))],
    domain: { interval: [-1, 1], cases: [] },
  })
  const f = (x: Tensor): Tensor => frozen.apply({}, [x])
  t.ok((await check(f, [3], { order: 1 })).ok)
  const report = await check(f, [3])
  t.notOk(report.ok)
  t.match(report.message, /^the second derivative along x is wrong/)
})

/** The identity, with half its derivative. */
const plantedIdentity = (x: Tensor): Tensor =>
  primitive<Record<string, never>>({
    name: 'neg',
    shape: ([s = []]) => E.right(s),
    lower: () => ({ kind: 'map', expression: operand(0) }),
    vjp: ({ dy }) => [mul(dy, 0.5)],
    domain: { interval: [-1, 1], cases: [] },
  }).apply({}, [x])

t.test('a function may take one tensor, a list, or a tree; at random numbers or at given ones', async (t) => {
  t.ok((await check((x) => exp(x), [2, 2])).ok)
  const pair = await check((xs) => xs.reduce(mul), [[2], [2]] as const satisfies Points)
  t.ok(pair.ok)
  t.same([...new Set(pair.findings.map((f) => f.input))], ['x.0', 'x.1', 'dy'])
  const { worst } = await check(({ x }) => square(x), { x: { shape: [1], values: Float64Array.of(3) } }, { order: 1 })
  t.ok(Math.abs(worst.gradient / worst.difference - 1) < 1e-9)
})

t.test('what a function does not depend on has no gradient, and that is right', async (t) => {
  t.ok((await check(({ x }) => tanh(x), { x: [2], unused: [3] })).ok)
})

t.test('a number that is none is never right', async (t) => {
  const report = await check((x) => exp(x), { shape: [2], values: Float64Array.of(0, Number.NaN) })
  t.notOk(report.ok)
})

t.test('the form for property tests throws for a seed at which the gradient is wrong', async (t) => {
  await gradientHolds(cpu)((x) => plantedTanh(0)(x), [3])(7)
  await t.rejects(gradientHolds(cpu)((x) => plantedTanh(1e-3)(x), [3])(7), GradientError)
  await t.rejects(gradientHolds(cpu)((x) => plantedTanh(1e-3)(x), [3])(7), { message: /^seed 7: the .+ is wrong/ })
})

t.test(
  'a backend of float32 is held to a tolerance that it can reach: a rule wrong by a tenth is still rejected',
  async (t) => {
    const points = { x: [2, 3], w: [3, 2] }
    const layer =
      (f: (x: Tensor) => Tensor) =>
      ({ x, w }: { x: Tensor; w: Tensor }): Tensor =>
        f(matmul(x, w))
    t.ok((await checkGradient(wasm)(layer(plantedTanh(0)), points)).ok)
    t.notOk((await checkGradient(wasm)(layer(plantedTanh(0.1)), points)).ok)
  },
)
