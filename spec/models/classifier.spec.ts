/** The classifier beside PyTorch's (`spec/fixtures/classifier.py`), its configurations, and that it learns. */
import * as E from 'fp-ts/lib/Either.js'
import * as io from 'io-ts'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { fewRoundings } from '../../properties/agreement/agree.ts'
import { classifiedBatches } from '../../src/classification/batch.ts'
import { judge, scored } from '../../src/classification/judge.ts'
import { classificationTask, judgement } from '../../src/classification/task.ts'
import { element } from '../../src/codec/element.ts'
import { compile } from '../../src/lower/compile.ts'
import {
  type ClassifierConfig,
  classifierDefaults,
  decodeClassifierConfig,
} from '../../src/models/classifier/classifierConfig.ts'
import { classifierModel } from '../../src/models/classifier/classifierModel.ts'
import { decodeModel, denoiserOf } from '../../src/models/models.ts'
import { byName, fromNames } from '../../src/nn/spec.ts'
import { key, normal } from '../../src/random/key.ts'
import { concat, type Tensor } from '../../src/tensor/ops.ts'
import { adamw } from '../../src/train/adamw.ts'
import { train } from '../../src/train/train.ts'
import { cases as casesOf, fixture, outcomes } from '../fixtures/pytorch.ts'

const tiny: ClassifierConfig = {
  ...classifierDefaults,
  image_size: 8,
  widths: [4, 8],
  groups: 2,
  features: 6,
  classes: 3,
}
const { cases } = fixture('classifier.json.gz', io.strict({ cases: casesOf }))
const { spec, apply } = classifierModel(tiny)

const build = (_: string, [x, ...p]: readonly Tensor[]): Tensor => {
  if (x === undefined) throw new Error('the case has no picture')
  const names = Object.keys(byName(spec))
  const tensors = Object.fromEntries(names.map((name, i) => [name, p[i] ?? x]))
  const { features, logits } = apply(fromNames(spec)(tensors))
  const f = features(x)
  return concat(-1)([f, logits(f)])
}

for (const [backend, tolerance] of [[backends.cpu, 1e-12] as const, [backends.wasm, fewRoundings] as const])
  t.test(`${backend.name}: PyTorch's features, scores and gradients`, async (t) => {
    const found = await outcomes(backend, cases, build)
    t.equal(found.length, 2 + Object.keys(byName(spec)).length, 'the answer, and the gradient of every input')
    for (const { name, shape, expected, distance } of found) {
      t.same(shape, expected, name)
      t.ok(distance <= tolerance, `${name} is off by ${distance}`)
    }
  })

t.test('an impossible configuration is one sentence', async (t) => {
  const refused: readonly (readonly [unknown, string])[] = [
    [{ widths: [] }, 'widths is []: expected at least one level'],
    [{ groups: 5 }, 'groups is 5: expected a divisor of every width, but 48 is in widths'],
    [{ classes: 1 }, 'classes is 1: expected at least 2 to tell apart'],
    [
      { image_size: 20 },
      'image_size is 20: expected a multiple of 8, to be halved after each of 3 levels (widths is [48, 96, 144])',
    ],
  ]
  for (const [raw, sentence] of refused) t.same(decodeClassifierConfig(raw), E.left(sentence))
  t.same(decodeClassifierConfig({}), E.right(classifierDefaults))
  t.same(
    E.chain(denoiserOf)(decodeModel(classifierDefaults)),
    E.left('model is "classifier", which is trained by classification: expected a denoiser'),
  )
})

t.test('it overfits eight pictures of noise, whatever their classes', async (t) => {
  const shapes = { batch: 8, size: 8, channels: 3, classes: 3 }
  const pictures = Array.from({ length: 8 }, (_, i) => ({ image: normal(key(i), 192), label: i % 3 }))
  const network = classifierModel(tiny)
  const optimiser = adamw({ learningRate: 1e-2 })
  const task = classificationTask(network, { ...shapes, smoothing: 0, dropout: 0, optimiser })
  const batches = classifiedBatches(key(1), (i) => element(pictures, i % 8), {
    ...shapes,
    features: 6,
    dropout: 0,
    augmentation: 0,
  })
  const run = await train(backends.wasm)({ ...task, key: key(3) })
  let last = Number.POSITIVE_INFINITY
  for await (const { loss } of run.steps(batches, { updates: 80 })) last = loss
  t.ok(last < 0.05, `the loss is ${last}`)
  const executable = await compile(backends.wasm)(judgement(network, shapes))
  await executable.write({ theta: await run.parameters() })
  const all = Float64Array.from(pictures.flatMap(({ image }) => [...image]))
  const { logits } = await judge({ ...shapes, executable })(all, 8)
  const labels = pictures.map(({ label }) => label)
  t.equal(scored(logits, labels, { classes: 3, smoothing: 0 }).accuracy, 1)
  await Promise.all([run.dispose(), executable.dispose()])
})
