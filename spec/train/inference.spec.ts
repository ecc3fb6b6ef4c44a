/** What trained parameters compute: a typed program of a run's parameters and the inputs. */
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { compile } from '../../src/lower/compile.ts'
import { linear, linearSpec } from '../../src/nn/linear.ts'
import { numbered } from '../../src/nn/spec.ts'
import { key } from '../../src/random/key.ts'
import { argmax, eq, mean, square, sub } from '../../src/tensor/ops.ts'
import { adamw } from '../../src/train/adamw.ts'
import { inference } from '../../src/train/inference.ts'
import { train } from '../../src/train/train.ts'

const spec = { out: linearSpec(2, 3) }

t.test('outputs and scalars of the parameters that a run has learnt', async (t) => {
  for (const backend of [backends.cpu, backends.wasm]) {
    const run = await train(backend, { threads: 1 })({
      spec,
      key: key(1),
      optimiser: adamw({ learningRate: 0.1 }),
      batch: { x: [2, 2], y: [2, 3] },
      loss: (p, { x, y }) => mean(square(sub(linear(p.out)(x), y))),
    })
    const x = [
      [1, 2],
      [3, -4],
    ]
    await run.step({ x, y: new Float64Array(6).fill(1) })
    const theta = await run.parameters()
    const { weight, bias } = numbered(spec)(theta).out
    const program = inference(spec, { x: [2, 2], label: { shape: [2], below: 3 } }, (p, { x, label }) => {
      const y = linear(p.out)(x)
      return { outputs: { y }, scalars: { accuracy: mean(eq(argmax(-1)(y), label)) } }
    })
    const compiled = await compile(backend, { threads: 1 })(program)
    const { y, accuracy } = await compiled.run({ theta, x, label: Int32Array.of(0, 1) })
    const at = (values: ArrayLike<number>, i: number): number => values[i] ?? Number.NaN
    const expected = x.flatMap(([a = 0, b = 0]) =>
      [0, 1, 2].map((j) => a * at(weight.values, j) + b * at(weight.values, 3 + j) + at(bias.values, j)),
    )
    expected.forEach((value, i) => {
      t.ok(Math.abs(value - at(y, i)) < 1e-6, `${backend.name}: ${value} and ${at(y, i)}`)
    })
    const best = [0, 3].map((from) => {
      const row = expected.slice(from, from + 3)
      return row.indexOf(Math.max(...row))
    })
    t.equal(accuracy, best.filter((c, i) => c === i).length / 2)
    await run.dispose()
    await compiled.dispose()
  }
})

t.test('an input called theta is refused', async (t) => {
  t.throws(() => inference(spec, { theta: [2] }, () => ({})), {
    message: 'inference(): an input is called "theta", which is the name of the parameters',
  })
})
