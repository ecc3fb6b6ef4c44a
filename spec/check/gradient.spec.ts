/** The gradient checker: right rules pass, a rule that is wrong by a thousandth does not, and the report says where. */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { wasm } from '../../backends/wasm/index.ts'
import { checkGradient, GradientError, gradientHolds, type Points } from '../../src/check/index.ts'
import {
  add,
  contract,
  exp,
  full,
  matmul,
  mul,
  normalise,
  softmax,
  square,
  type Tensor,
  tanh,
} from '../../src/tensor/ops.ts'
import { frozenExp, plantedTanh, sameOnly, wave, waveOfSecondOrder } from './planted.ts'

const check = checkGradient(cpu)

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
  t.ok((await check(frozenExp, [3], { order: 1 })).ok)
  const report = await check(frozenExp, [3])
  t.notOk(report.ok)
  t.match(report.message, /^the second derivative along x is wrong/)
})

t.test('a function with large higher derivatives passes, and a rule wrong by a thousandth fails', async (t) => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const right = await check(
      wave(() => 0),
      [3],
      { seed },
    )
    t.ok(right.ok, right.message)
    for (const order of [1, 2])
      t.ok(
        right.findings.some((f) => f.order === order && f.uncertainty !== null),
        `seed ${seed}, order ${order}: the first step is too coarse`,
      )
    const wrong = await check(
      wave(() => 1e-3),
      [3],
      { seed, order: 1 },
    )
    t.ok(
      wrong.findings.some((f) => f.error > 1e-4 && f.error <= 1.001e-3),
      wrong.message,
    )
    t.match(wrong.message, /^the gradient of x is wrong/)
    const second = await check(waveOfSecondOrder(1e-3), [3], { seed })
    t.ok(second.findings.every((f) => f.order === 2 || f.error < 1e-6))
    t.match(second.message, /^the second derivative along x is wrong/)
    t.ok((await check(waveOfSecondOrder(0), [3], { seed })).ok)
  }
})

t.test('a rule that is wrong only where higher derivatives are large is rejected', async (t) => {
  // sin's curvature is -sin: the rule is off by a thousandth at the crests, and right on the slopes
  const atCrests = wave((sin) => mul(square(square(square(sin))), 1e-3))
  for (const seed of [1, 2, 3, 4, 5]) t.notOk((await check(atCrests, [8], { seed, order: 1 })).ok)
})

t.test('a rule that is right only where two inputs are equal is rejected', async (t) => {
  const values = Float64Array.of(0.3, -0.7)
  const equal = { shape: [2], values }
  t.ok((await check(sameOnly, { x: equal, y: equal })).ok, 'there is nothing to see where they are')
  for (const seed of [1, 2, 3, 4, 5])
    for (const order of [1, 2] as const) {
      const { message } = await check(sameOnly, { x: [2], y: [2] }, { seed, order })
      t.match(message, /^the gradient of x is wrong/)
    }
})

t.test('a function may take one tensor, a list, or a tree; at random or given values', async (t) => {
  t.ok((await check((x) => exp(x), [2, 2])).ok)
  const pair = await check((xs) => xs.reduce(mul), [[2], [2]] as const satisfies Points)
  t.ok(pair.ok)
  t.same([...new Set(pair.findings.map((f) => f.input))], ['x.0', 'x.1', 'dy'])
  const { worst } = await check(({ x }) => square(x), { x: { shape: [1], values: Float64Array.of(3) } }, { order: 1 })
  t.ok(Math.abs(worst.gradient / worst.difference - 1) < 1e-9)
  const listed = await check(({ x }) => square(x), { x: { shape: [1], values: [3] } }, { order: 1 })
  t.same(listed.worst, worst)
})

t.test('an unused input has zero gradient, which is right', async (t) => {
  t.ok((await check(({ x }) => tanh(x), { x: [2], unused: [3] })).ok)
})

t.test('an input may have any name, including those that the checker uses itself', async (t) => {
  const f = ({ one, dy, 'u 0': u }: { one: Tensor; dy: Tensor; 'u 0': Tensor }): Tensor => mul(add(exp(one), dy), u)
  const report = await check(f, { one: [3], dy: [3], 'u 0': [3] })
  t.ok(report.ok, report.message)
})

t.test('having nothing to check is an error', async (t) => {
  await t.rejects(
    check(() => full(1, [2]), {}),
    { name: 'RangeError', message: /a function of no tensors has no gradient/ },
  )
  await t.rejects(check(exp, [2], { directions: 0 }), { name: 'RangeError', message: /0 directions.*1 or more/ })
})

t.test('the property-test form throws at a seed where the gradient is wrong', async (t) => {
  await gradientHolds(cpu)((x) => plantedTanh(0)(x), [3])(7)
  await t.rejects(gradientHolds(cpu)((x) => plantedTanh(1e-3)(x), [3])(7), GradientError)
  await t.rejects(gradientHolds(cpu)((x) => plantedTanh(1e-3)(x), [3])(7), { message: /^seed 7: the .+ is wrong/ })
})

t.test('a float32 backend has a tolerance that it can reach: a rule wrong by a tenth is still rejected', async (t) => {
  const points = { x: [2, 3], w: [3, 2] }
  const layer =
    (f: (x: Tensor) => Tensor) =>
    ({ x, w }: { x: Tensor; w: Tensor }): Tensor =>
      f(matmul(x, w))
  t.ok((await checkGradient(wasm)(layer(plantedTanh(0)), points)).ok)
  t.notOk((await checkGradient(wasm)(layer(plantedTanh(0.1)), points)).ok)
})
