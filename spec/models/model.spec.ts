/** Training steps of a model of the table: the same plan as the model itself, and a latent model that learns. */
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { forward } from '../../src/diffusion/task.ts'
import { compile, planOf } from '../../src/lower/compile.ts'
import { image } from '../../src/models/image/image.ts'
import { imageModel } from '../../src/models/image/imageModel.ts'
import { latent as latentSpace } from '../../src/models/latent/latent.ts'
import { type LatentConfig, latentDefaults } from '../../src/models/latent/latentConfig.ts'
import { latentModel } from '../../src/models/latent/latentModel.ts'
import { arbitrary, encode, init, leavesOf } from '../../src/nn/spec.ts'
import type { Backend } from '../../src/plan/backend.ts'
import { print } from '../../src/plan/print.ts'
import type { Declared } from '../../src/plan/program.ts'
import { fold, key, normal } from '../../src/random/key.ts'
import { size } from '../../src/tensor/shape.ts'
import { initialState, runOf } from '../../src/train/run.ts'
import { trainingStep } from '../../src/train/step.ts'
import { rules, taskOf, tiny } from '../train/tiny.ts'

const latent: LatentConfig = {
  ...latentDefaults,
  input_size: 4,
  channels: 2,
  width: 8,
  depth: 2,
  heads: 2,
  mlp_ratio: 2,
  classes: 3,
}
const three = { ...rules, batch: 3, microBatch: 3 }

t.test(
  'a model hides only the structure of the parameters: offsets, values, files and plans are the same',
  async (t) => {
    const [ofImages, ofLatents] = [imageModel(tiny), latentModel(latent)]
    const pairs = [
      { own: ofImages.spec, any: image.of(tiny) },
      { own: ofLatents.spec, any: latentSpace.of(latent) },
    ]
    for (const { own, any } of pairs) {
      t.strictSame(leavesOf(any.spec), leavesOf(own))
      t.strictSame(init(any.spec)(key(1)), init(own)(key(1)))
      const theta = arbitrary(own)(key(2))
      t.strictSame(encode(any.spec)(theta), encode(own)(theta))
    }
    const printed = (program: Parameters<typeof planOf>[0]): string => print(planOf(program))
    const [a, b] = [image.of(tiny), latentSpace.of(latent)]
    t.equal(printed(trainingStep(taskOf(a, a.shape, three))), printed(trainingStep(taskOf(ofImages, a.shape, three))))
    t.equal(printed(trainingStep(taskOf(b, b.shape, three))), printed(trainingStep(taskOf(ofLatents, b.shape, three))))
    t.equal(printed(forward(b, { batch: 3, ...b.shape })), printed(forward(ofLatents, { batch: 3, ...b.shape })))
  },
)

/** Steps on one fixed batch: losses and gradient norms. */
const losses = async (
  backend: Backend,
  config: LatentConfig,
  steps: number,
): Promise<readonly (readonly number[])[]> => {
  const model = latentSpace.of(config)
  const task = taskOf(model, model.shape, three)
  const run = runOf(await compile(backend, { threads: 1 })(trainingStep(task)), task)
  const theta = arbitrary(model.spec)(key(6))
  await run.load({ ...initialState(task, key(6)), theta, average: theta }, { images: 0, updates: 0 })
  const drawn = (child: number, declared: Declared): Float64Array =>
    normal(fold(key(5), child), size('shape' in declared ? declared.shape : declared))
  const { input, time, target, labels, clean, bound } = task.batch
  const feeds = {
    input: drawn(0, input),
    time: drawn(1, time),
    target: drawn(2, target),
    weight: new Float64Array(3).fill(1 / 3),
    ...(labels === undefined ? {} : { labels: drawn(3, labels) }),
    ...(clean === undefined ? {} : { clean: drawn(4, clean) }),
    // log-variances between -3 and -1, of a timestep after the first
    ...(bound === undefined
      ? {}
      : { bound: Float64Array.from({ length: 15 }, (_, i) => [-3, -1, 0.5, 0, 1 / 3][i % 5] ?? 0) }),
  }
  const found = []
  for await (const { loss, gradientNorm } of run.steps(Array.from({ length: steps }, () => feeds)))
    found.push([loss, gradientNorm])
  await run.dispose()
  return found
}

for (const learn_sigma of [true, false])
  t.test(`five steps of a latent model, learn_sigma ${learn_sigma}: wasm is cpu, and the loss falls`, async (t) => {
    const config = { ...latent, learn_sigma }
    const [expected, found] = [await losses(backends.cpu, config, 5), await losses(backends.wasm, config, 5)]
    for (const [i, pair] of expected.entries())
      for (const [j, e] of pair.entries()) {
        const ours = found[i]?.[j] ?? Number.NaN
        t.ok(Math.abs(ours - e) <= 1e-4 * e, `step ${i + 1}: ${e} and ${ours}`)
      }
    const all = expected.map(([loss = Number.NaN]) => loss)
    t.strictSame(
      all,
      [...all].sort((a, b) => b - a),
    )
    const model = latentSpace.of(config)
    const target = planOf(trainingStep(taskOf(model, model.shape, three))).inputs.find((p) => p.name === 'target')
    t.strictSame(target?.shape, [3, 4, 4, config.channels])
  })
