/** What the checker says: numbers that are none as such, kinks as such, and the first order before the second. */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { checkGradient } from '../../src/check/index.ts'
import { reportOf } from '../../src/check/report.ts'
import { abs, add, log, mul, sqrt, type Tensor } from '../../src/tensor/ops.ts'
import { frozenExp, planted, plantedTanh } from './planted.ts'

const check = checkGradient(cpu)
type Pair = { readonly x: Tensor; readonly y: Tensor }
const given = (...values: readonly number[]) => ({ shape: [values.length], values: Float64Array.from(values) })
const advice = 'set `interval` ([-1, 1] here) to where the function is smooth, or give { shape, values }'

t.test('a function that is NaN at the random values: the input and the interval are named', async (t) => {
  const report = await check(sqrt, [20])
  t.notOk(report.ok)
  t.equal(report.message, `the function is NaN at the numbers of x: ${advice}`)
  const two = await check(({ x, y }: Pair) => add(y, sqrt(x)), { x: [20], y: [20] })
  t.equal(two.message, `the function is NaN at the numbers of x: ${advice}`)
  const either = await check(({ x, y }: Pair) => log(mul(x, y)), { x: [20], y: [20] })
  t.equal(either.message, `the function is NaN at the numbers of x and y: ${advice}`, 'whose fault it is nothing tells')
  const inside = await check(sqrt, [20], { interval: [0.5, 2] })
  t.ok(inside.ok, inside.message)
})

t.test('given values that are NaN are named too, wherever they are', async (t) => {
  const { ok, message } = await check(({ x, y }: Pair) => mul(x, y), { x: given(1, 2), y: given(1, Number.NaN) })
  t.notOk(ok)
  t.match(message, /^the function is NaN at the numbers of (x|y|x and y): set `interval`/)
  const report = await check(({ x, y }: Pair) => add(x, log(y)), { x: given(1, 2), y: given(1, 0) })
  t.equal(report.message, `the function is -Infinity at the numbers of y: ${advice}`)
})

t.test('a NaN gradient where the function has a value', async (t) => {
  const { ok, message } = await check(({ x, y }: Pair) => add(x, sqrt(y)), { x: given(1), y: given(0) })
  t.notOk(ok)
  t.match(message, /^the gradient of y is -?Infinity by reverse mode and NaN by central differences: set `interval`/)
  const worst = await check(({ x, y }: Pair) => add(plantedTanh(0.5)(x), none(y)), { x: [2], y: [2] }, { order: 1 })
  t.match(worst.message, /^the gradient of y is NaN by reverse mode/, 'it is worse than any other fault')
})
/** The identity, whose rule gives NaN. */
const none = planted(
  (x) => x,
  (_, dy) => mul(dy, Number.NaN),
)

t.test('a kink within the differences is not reported as a wrong gradient', async (t) => {
  const { ok, message } = await check(abs, given(1e-6), { order: 1 })
  t.notOk(ok)
  t.match(message, /^the gradient of x cannot be compared, central differences do not settle as their step falls/)
  const away = await check(abs, given(1e-3))
  t.ok(away.ok, away.message)
})

t.test('differences that do not converge confirm nothing, even if the last one happens to agree', async (t) => {
  const lucky = { order: 1, input: 'x', gradient: 2, difference: 2, error: 0, uncertainty: 3e-3 } as const
  const { ok, message } = reportOf([lucky], { value: 1, interval: [-1, 1], step: 1e-3, tolerance: 1e-6 })
  t.notOk(ok)
  t.match(message, /^the gradient of x cannot be compared.*\(2 to within 3\.0e-3 of its size \(1e-6 allowed\)/)
  t.ok(reportOf([{ ...lucky, uncertainty: 1e-7 }], { value: 1, interval: [-1, 1], step: 1e-3, tolerance: 1e-6 }).ok)
})

t.test('a first-order error is reported before a second-order one, however large', async (t) => {
  const f = ({ x, y }: Pair): Tensor => add(plantedTanh(1e-4)(x), frozenExp(y))
  const { worst, findings, message } = await check(f, { x: [2], y: [2] })
  t.strictSame([worst.order, worst.input], [1, 'x'])
  t.ok(findings.some((f) => f.order === 2 && f.input === 'y' && f.error > 100 * worst.error))
  t.match(message, /^the gradient of x is wrong: reverse mode gives .+ central differences .+: off by \d\.\de-5 of/)
})
