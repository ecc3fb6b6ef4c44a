/** Training steps of a tiny model: backends agree, gradient accumulation is exact, and the model learns. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { backends } from '../../backends/index.ts'
import { traceProgram } from '../../src/check/trace.ts'
import { mse } from '../../src/diffusion/loss/mse.ts'
import { smoothL1 } from '../../src/diffusion/loss/smoothL1.ts'
import { planOf } from '../../src/lower/compile.ts'
import { parameter, zeros } from '../../src/nn/parameter.ts'
import { flatSize } from '../../src/nn/spec.ts'
import type { Numbers } from '../../src/plan/backend.ts'
import { print } from '../../src/plan/print.ts'
import { log, mul, sub, sum } from '../../src/tensor/ops.ts'
import { adamw } from '../../src/train/adamw.ts'
import { type Task, trainingStep } from '../../src/train/step.ts'
import { optionsOf } from '../devices.ts'
import { rules, training } from './tiny.ts'

const worst = (a: Numbers, b: Numbers): number =>
  Float64Array.from(a).reduce((m, x, i) => Math.max(m, Math.abs(x - (b[i] ?? Number.NaN))), 0)

t.test('five steps: losses and gradient norms of wasm are those of cpu', async (t) => {
  for (const loss of [mse, smoothL1]) {
    const options = { random: true }
    const [cpu, wasm] = await Promise.all([
      training(backends.cpu, { ...rules, loss }, options),
      training(backends.wasm, { ...rules, loss }, options),
    ])
    const [expected, found] = [await cpu.run(5), await wasm.run(5)]
    expected.forEach((e, i) => {
      t.ok(Math.abs((found[i]?.loss ?? Number.NaN) - e.loss) <= 1e-5 * e.loss, `${loss.name}, loss ${i + 1}: ${e.loss}`)
      const norm = found[i]?.gradientNorm ?? Number.NaN
      t.ok(Math.abs(norm - e.gradientNorm) <= 1e-4 * e.gradientNorm, `${loss.name}, norm ${i + 1}: ${e.gradientNorm}`)
    })
    await Promise.all([cpu.dispose(), wasm.dispose()])
  }
})

t.test('wasm: a step is bit-identical for any number of threads', async (t) => {
  const states = []
  for (const threads of [1, 2, 3]) {
    const one = await training(backends.wasm, rules, { random: true, threads })
    await one.run(3)
    states.push(await one.state())
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
  const [x, y] = [await whole.state(), await parts.state()]
  // entries whose gradient vanishes exactly move by Adam's rounding noise: at most a step each
  const of = (state: Readonly<Record<string, Numbers>>, name: string): Numbers => state[name] ?? new Float64Array()
  t.ok(worst(of(x, 'theta'), of(y, 'theta')) <= 2 * 3 * 1e-3)
  t.ok(worst(of(x, 'adam.m'), of(y, 'adam.m')) < 1e-9)
  await Promise.all([whole.dispose(), parts.dispose()])
})

for (const backend of Object.values(backends))
  t.test(
    `${backend.name}: a micro-batch that does not complete an update changes no state`,
    optionsOf(backend),
    async (t) => {
      const one = await training(backend, { ...rules, microBatch: 2 }, { random: true })
      await one.run(1)
      const before = await one.state()
      await one.begin()
      t.strictSame(await one.state(), before)
      t.strictSame(Object.keys(before), ['theta', 'average', 'adam.m', 'adam.v'])
      t.strictSame(one.progress(), { images: 4, updates: 1 })
      await one.dispose()
    },
  )

t.test("a step that is built again for a trace is of the same plan, and knows the user's line", async (t) => {
  const spec = parameter([3], zeros)
  const task: Task<typeof spec, { readonly x: readonly [2, 3] }> = {
    spec,
    optimiser: adamw({ learningRate: 1e-3 }),
    batch: { x: [2, 3] },
    loss: (p, { x }) => sum(log(sub(mul(x, p), 1))),
  }
  const step = trainingStep(task)
  t.equal(print(planOf(step.recorded())), print(planOf(step)))
  const theta = new Float64Array(flatSize(spec))
  const state = { theta, 'adam.m': theta, 'adam.v': theta }
  const feeds = { ...state, x: new Float64Array(6), ...task.optimiser.feeds({ images: 2, updates: 1 }) }
  const { fault } = await traceProgram(cpu)(step, feeds)
  const line = readFileSync(import.meta.filename, 'utf8')
    .split('\n')
    .findIndex((text) => text.includes('=> sum(log(sub('))
  t.match(fault?.line, new RegExp(`/step\\.spec\\.ts:${line + 1}:\\d+$`))
})

t.test('eight images can be overfitted', async (t) => {
  const learning = { ...rules, batch: 8, microBatch: 8, adamw: { ...rules.adamw, learningRate: 1e-2 } }
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
