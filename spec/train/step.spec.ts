/** Training steps of a tiny model: backends agree, gradient accumulation is exact, and the model learns. */
import t from 'tap'
import { backends } from '../../backends/index.ts'
import type { Numbers } from '../../src/plan/backend.ts'
import { numbersOf } from '../../src/train/loop.ts'
import { stateNames } from '../../src/train/step.ts'
import { optionsOf } from '../devices.ts'
import { rules, training } from './tiny.ts'

const worst = (a: Numbers, b: Numbers): number =>
  Float64Array.from(a).reduce((m, x, i) => Math.max(m, Math.abs(x - (b[i] ?? Number.NaN))), 0)

t.test('five steps: losses and gradient norms of wasm are those of cpu', async (t) => {
  for (const loss of ['mse', 'smooth_l1'] as const) {
    const options = { random: true }
    const [cpu, wasm] = await Promise.all([
      training(backends.cpu, { ...rules, loss }, options),
      training(backends.wasm, { ...rules, loss }, options),
    ])
    const [expected, found] = [await cpu.run(5), await wasm.run(5)]
    expected.forEach((e, i) => {
      t.ok(Math.abs((found[i]?.loss ?? Number.NaN) - e.loss) <= 1e-5 * e.loss, `${loss}, loss ${i + 1}: ${e.loss}`)
      const norm = found[i]?.gradientNorm ?? Number.NaN
      t.ok(Math.abs(norm - e.gradientNorm) <= 1e-4 * e.gradientNorm, `${loss}, norm ${i + 1}: ${e.gradientNorm}`)
    })
    await Promise.all([cpu.dispose(), wasm.dispose()])
  }
})

t.test('wasm: a step is bit-identical for any number of threads', async (t) => {
  const states = []
  for (const threads of [1, 2, 3]) {
    const one = await training(backends.wasm, rules, { random: true, threads })
    await one.run(3)
    states.push(await one.trainer.state())
    await one.dispose()
  }
  const [first, ...others] = states
  for (const state of others) t.strictSame(state, first)
})

t.test('gradient accumulation equals the whole batch: same loss, norm and parameters', async (t) => {
  const whole = await training(backends.cpu, rules, { random: true })
  const parts = await training(backends.cpu, { ...rules, microBatch: 1 }, { random: true })
  const [a, b] = [await whole.run(3), await parts.run(3)]
  a.forEach((r, i) => {
    t.ok(Math.abs(r.loss - (b[i]?.loss ?? Number.NaN)) < 1e-12 * r.loss, `loss ${r.loss}`)
    t.ok(
      Math.abs(r.gradientNorm - (b[i]?.gradientNorm ?? Number.NaN)) < 1e-9 * r.gradientNorm,
      `norm ${r.gradientNorm}`,
    )
  })
  const [x, y] = [await whole.trainer.state(), await parts.trainer.state()]
  // entries whose gradient vanishes exactly move by Adam's rounding noise: at most a step each
  t.ok(worst(x.theta, y.theta) <= 2 * 3 * 1e-3)
  t.ok(worst(x.first, y.first) < 1e-9)
  await Promise.all([whole.dispose(), parts.dispose()])
})

for (const backend of Object.values(backends))
  t.test(`${backend.name}: a held update changes no state`, optionsOf(backend), async (t) => {
    const one = await training(backend, rules, { random: true })
    await one.run(1)
    const before = await one.trainer.state()
    const numbers = numbersOf(rules, 1, 0.5, 1).hold
    t.strictSame([numbers.rate?.[0], numbers.shrink?.[0], numbers.rest1?.[0], numbers.emaNew?.[0]], [0, 1, 0, 0])
    // the feeds of the last step are still there; only the numbers change
    await one.trainer.load(before)
    await one.hold(numbers)
    const after = await one.trainer.state()
    for (const name of stateNames) t.strictSame(after[name], before[name], `${backend.name}: ${name}`)
    await one.dispose()
  })

t.test('eight images can be overfitted', async (t) => {
  const learning = { ...rules, batch: 8, microBatch: 8, learningRate: { peak: 1e-2, images: 0 } }
  const one = await training(
    backends.wasm,
    { ...learning, noising: { ...rules.noising, labelDropout: 0 } },
    { count: 8 },
  )
  const losses = (await one.run(1500)).map((r) => r.loss)
  const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length
  const [start, end] = [mean(losses.slice(0, 5)), mean(losses.slice(-40))]
  t.ok(end < start / 5, `${start} -> ${end}`)
  await one.dispose()
})
