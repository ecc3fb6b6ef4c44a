/** Central differences by numbers: their order, and what halving the step makes of a function that bends too much. */
import t from 'tap'
import { type Along, centralDifference, type Difference, refined } from '../../src/check/difference.ts'

const h = 1e-3
const settling = async (s: Along, allowed: number): Promise<Difference> =>
  await refined(s, await centralDifference(s, h), () => allowed)

t.test('the error is s^(5)(0) h^4 / 30, so halving the step divides it by 16', async (t) => {
  const s: Along = async (x) => Math.sin(200 * x)
  const errors = await Promise.all([h, h / 2, h / 4].map(async (at) => 200 - (await centralDifference(s, at)).value))
  const [first = Number.NaN, second = Number.NaN, third = Number.NaN] = errors
  t.ok(Math.abs(first / ((200 ** 5 * h ** 4) / 30) - 1) < 0.05, `${first}`)
  t.ok(Math.abs(first / second / 16 - 1) < 0.05, `${first} / ${second}`)
  t.ok(Math.abs(second / third / 16 - 1) < 0.05, `${second} / ${third}`)
})

t.test('halving finds the derivative of waves that the first step cannot resolve', async (t) => {
  for (const frequency of [100, 300, 1000]) {
    const s: Along = async (x) => Math.sin(frequency * x + 1)
    const exact = frequency * Math.cos(1)
    const coarse = await centralDifference(s, h)
    t.ok(Math.abs(coarse.value - exact) > 1e-6 * exact, `${frequency}: too coarse`)
    const { value, apart } = await settling(s, 1e-6 * exact)
    t.ok(apart <= 1e-6 * exact, `${frequency}: settled`)
    t.ok(Math.abs(value - exact) < 1e-8 * exact, `${frequency}: ${value} and ${exact}`)
  }
})

t.test('it stops at the first two that agree', async (t) => {
  const asked: number[] = []
  const s: Along = async (x) => {
    asked.push(x)
    return 3 * x
  }
  const { value, apart } = await settling(s, 1e-6)
  t.ok(Math.abs(value - 3) < 1e-12)
  t.ok(apart < 1e-12)
  t.strictSame(asked, [h, -h, 2 * h, -2 * h, h / 2, -h / 2])
})

t.test('a kink closer than the last step never converges; one that halving passes does no harm', async (t) => {
  const kink =
    (at: number): Along =>
    async (x) =>
      Math.abs(x - at)
  t.ok((await settling(kink(1e-6), 1e-6)).apart > 1e-3)
  t.ok(Math.abs((await settling(kink(h / 3), 1e-6)).value + 1) < 1e-9)
})

t.test('noise is reported as two differing differences', async (t) => {
  const noisy: Along = async (x) => x + 1e-5 * Math.sin(1e9 * x)
  const { value, apart } = await settling(noisy, 1e-6)
  t.ok(apart > 1e-6, `${apart}`)
  t.ok(Number.isFinite(value))
})

t.test('halving continues past NaN, or reports that nothing converged', async (t) => {
  // ln(x + 3 h / 2) has no value at -2 h
  const { value } = await settling(async (x) => Math.log(x + 1.5 * h), 1e-3)
  t.ok(Math.abs(value * 1.5 * h - 1) < 1e-6, `${value}`)
  const none = await settling(async () => Number.NaN, 1e-3)
  t.strictSame([none.value, none.apart], [Number.NaN, Number.POSITIVE_INFINITY])
})
