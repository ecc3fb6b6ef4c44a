/** What the checker says: numbers that are none as such, kinks as such, and the first order before the second. */
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { checkGradient } from '../../src/check/index.ts'
import { reportOf } from '../../src/check/report.ts'
import { abs, add, div, log, mul, sqrt, sub, type Tensor } from '../../src/tensor/ops.ts'
import { frozenExp, planted, plantedTanh } from './planted.ts'

const check = checkGradient(cpu)
type Pair = { readonly x: Tensor; readonly y: Tensor }
const given = (...values: readonly number[]) => ({ shape: [values.length], values: Float64Array.from(values) })
const advice = 'set `interval` ([-1, 1] here) to where they are finite, such as [0.1, 1], or give { shape, values }'
const points = 'give { shape, values } where they are finite'

t.test('a function that is NaN at the random values: the input and the interval are named', async (t) => {
  const report = await check(sqrt, [20])
  t.notOk(report.ok)
  const many = report.message.match(/NaN \((\d+) of 20\)/)?.[1]
  t.equal(report.message, `the function's values are NaN (${many} of 20) at the numbers of x: ${advice}`)
  t.ok(Number(many) > 0)
  const two = await check(({ x, y }: Pair) => add(y, sqrt(x)), { x: [20], y: [20] })
  t.match(two.message, /^the function's values are NaN \(\d+ of 20\) at the numbers of x: set `interval`/)
  const either = await check(({ x, y }: Pair) => log(mul(x, y)), { x: [20], y: [20] })
  t.match(either.message, /are NaN \(\d+ of 20\) at the numbers of x and y: set/, 'whose fault it is nothing tells')
  const inside = await check(sqrt, [20], { interval: [0.1, 1] })
  t.ok(inside.ok, inside.message)
})

t.test('given values that are NaN are named too, wherever they are', async (t) => {
  const { ok, message } = await check(({ x, y }: Pair) => mul(x, y), { x: given(1, 2), y: given(1, Number.NaN) })
  t.notOk(ok)
  t.match(message, /^the function's values are NaN \(1 of 2\) at the numbers of (x|y|x and y): give/)
  const report = await check(({ x, y }: Pair) => add(x, log(y)), { x: given(1, 2), y: given(1, 0) })
  t.equal(report.message, `the function's values are infinite (1 of 2) at the numbers of y: ${points}`)
})

t.test('infinities of both signs are called infinite, though their sum is NaN', async (t) => {
  const { message } = await check((x: Tensor) => div(1, x), given(0, -0, 2))
  t.equal(message, `the function's values are infinite (2 of 3) at the numbers of x: ${points}`)
})

t.test('the interval that is proposed is one where the values are finite, or there is none', async (t) => {
  const inverse = await check((x: Tensor) => sqrt(sub(1, mul(x, x))), [20], { interval: [-3, 3] })
  t.match(inverse.message, /set `interval` \(\[-3, 3\] here\) to where they are finite, such as \[0.1, 1\], or/)
  const beyond = await check((x: Tensor) => sqrt(sub(mul(x, x), 1)), [20])
  t.match(beyond.message, /such as \[1.1, 3\], or give/)
  const never = await check((x: Tensor) => log(sub(-1, mul(x, x))), [20])
  t.match(never.message, /to where they are finite, or give \{ shape, values \}$/)
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

const setting = {
  value: 1,
  odd: { nans: 0, infinities: 0, total: 1 },
  drawn: true,
  better: null,
  interval: [-1, 1],
  step: 1e-3,
  tolerance: 1e-6,
} as const

t.test('differences that do not converge confirm nothing, even if the last one happens to agree', async (t) => {
  const lucky = { order: 1, input: 'x', gradient: 2, difference: 2, error: 0, uncertainty: 3e-3 } as const
  const { ok, message } = reportOf([lucky], setting)
  t.notOk(ok)
  t.match(message, /^the gradient of x cannot be compared.*\(2 to within 3\.0e-3 of its size \(1e-6 allowed\)/)
  t.ok(reportOf([{ ...lucky, uncertainty: 1e-7 }], setting).ok)
})

t.test('a first-order error is reported before a second-order one, however large', async (t) => {
  const f = ({ x, y }: Pair): Tensor => add(plantedTanh(1e-4)(x), frozenExp(y))
  const { worst, findings, message } = await check(f, { x: [2], y: [2] })
  t.strictSame([worst.order, worst.input], [1, 'x'])
  t.ok(findings.some((f) => f.order === 2 && f.input === 'y' && f.error > 100 * worst.error))
  t.match(message, /^the gradient of x is wrong: reverse mode gives .+ central differences .+: off by \d\.\de-5 of/)
})
