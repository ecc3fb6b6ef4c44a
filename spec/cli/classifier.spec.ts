/** A run of a classifier: the command line trains, resumes, checks and reports it like any other run, and opens it to judge. */
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { backends } from '../../backends/index.ts'
import { must } from '../../src/cli/errors.ts'
import { classifierNetwork, usualClassifier } from '../../src/cli/evaluation/classifierNetwork.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { catalogue } from '../../src/cli/settings/options.ts'
import { readSettings } from '../../src/cli/settings/settings.ts'
import { train } from '../../src/cli/train.ts'
import { verify } from '../../src/cli/verify.ts'
import { kinds } from '../../src/data/index.ts'
import { open } from '../../src/data/open.ts'
import { readMetrics } from '../../src/io/runMetrics.ts'
import { readRecord } from '../../src/io/runRecord.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { models } from '../../src/models/index.ts'
import { convnet, stripes } from './convnet.ts'
import { checkpoint, refusal } from './runs.ts'
import { quiet } from './tiny.ts'

const known = catalogue({ models: [...models, convnet], kinds: [...kinds, stripes] })
const settings = {
  preset: 'classifier',
  data: 'stripes',
  model: { image_size: 8, widths: [8], groups: 2, features: 4 },
  training: { batch: 4, warmup_images: 4, schedule_images: 40 },
}
const written = (folder: string, said: object = settings): string => {
  const path = join(folder, 'c.yaml')
  writeFileSync(path, JSON.stringify(said))
  return path
}

t.test('resumed = never stopped, bit for bit; it verifies, reports its accuracy and draws', async (t) => {
  const folder = t.testdir()
  const [config, out, whole] = [written(folder), join(folder, 'run'), join(folder, 'whole')]
  await train({ config, out, steps: 4 }, quiet(), known)
  await train({ resume: out, steps: 10 }, quiet(), known)
  const environment = quiet()
  const readings: object[] = []
  const progress = { ...environment.progress, show: (reading: object) => readings.push(reading) }
  await train({ config, out: whole, steps: 10 }, { ...environment, progress }, known)
  const [resumed, straight] = await Promise.all([out, whole].map((run) => must(load(checkpoint(run, 10)))))
  t.ok(resumed?.tensors.has('ema.body.0.conv.weight'))
  t.strictSame(resumed?.tensors, straight?.tensors)
  t.ok(await verify(out, () => undefined, known))
  t.ok(existsSync(join(out, 'samples', 'step-10.png')))

  const rows = await must(readMetrics(whole))
  const { accuracy = Number.NaN } = rows.at(-1)?.measures ?? {}
  t.ok(accuracy >= 0 && accuracy <= 1, `the last validation measured ${accuracy}`)
  t.notOk('measures' in (rows[5] ?? {}), 'rows without a validation have no accuracy')
  t.match(readings.at(-1), { measures: { accuracy } })
  t.match(readFileSync(join(whole, 'loss.svg'), 'utf8'), /validation accuracy \(right axis\), \d+\.\d %/)

  t.equal(
    await refusal(sample({ run: out }, () => undefined, undefined, known)),
    `${out} is a run of a classifier, which generates no images: expected a run of a denoiser`,
  )
})

t.test('config.yaml has its settings, not those of diffusion, which are refused', async (t) => {
  const folder = t.testdir()
  const out = join(folder, 'run')
  await train({ config: written(folder), out, steps: 1 }, quiet(), known)
  const { training, sampling, length } = parse(readFileSync(join(out, 'config.yaml'), 'utf8'))
  t.match(training, { label_smoothing: 0.05, feature_dropout: 0.3, augmentation: 1, schedule: 'cosine' })
  t.notOk('sigma_mean' in training || 'loss' in training || 'label_dropout' in training)
  t.strictSame(sampling, { columns: 8 })
  t.strictSame(length, { steps: 1, minutes: null })
  const sentence = (said: object): string => {
    const read = readSettings(JSON.stringify(said), {}, known)
    return read._tag === 'Left' ? read.left : 'it was not refused'
  }
  t.equal(
    sentence({ preset: 'classifier', training: { sigma_mean: 0 } }),
    'training.sigma_mean is a setting of denoising, but this model is trained by classification: leave it out',
  )
  t.equal(
    sentence({ training: { label_smoothing: 0.1 } }),
    'training.label_smoothing is a setting of classification, but this model is trained by denoising: leave it out',
  )
  const read = readSettings(JSON.stringify({ preset: 'classifier', training: { schedule: 'constant' } }), {}, known)
  t.match(read, { right: { training: { schedule_images: null }, length: { minutes: 30 } } }, 'no schedule, no end')
})

t.test('a dry run and a trace know it', async (t) => {
  const folder = t.testdir()
  const [config, dry, traced] = [written(folder), quiet(), quiet()]
  await train({ config, dryRun: true }, dry, known)
  t.ok(dry.said.some((line) => /^forward pass .*GFLOP per image$/.test(line)))
  await train({ config, trace: true, backend: 'cpu' }, traced, known)
  t.match(traced.said.at(-1), /^loss \d.*: no NaN in \d+ kernels$/)
})

t.test(
  'as a network that judges: features and scores of its averaged parameters, its accuracy, its classes',
  async (t) => {
    const folder = t.testdir({ runs: {} })
    const runs = join(folder, 'runs')
    const dataset = await must(open('stripes', 8, known.kinds))
    const said: string[] = []
    const say = (line: string): number => said.push(line)
    const use = { dataset, backend: backends.wasm, threads: 1, known, say, data: 'stripes' }
    t.equal(
      await refusal(usualClassifier(runs, use)),
      `no finished run of a classifier of stripes is in ${runs}: train one with: npm run train -- --preset classifier --data stripes --config FILE, where FILE says "model: {image_size: 8}"; or name a --network`,
    )
    const usual = await must(open('stripes', 32, known.kinds))
    t.match(
      await refusal(usualClassifier(runs, { ...use, dataset: usual })),
      /train -- --preset classifier --data stripes; or name/,
    )
    const [out, denoiser] = [join(runs, 'a'), join(runs, 'b')]
    await train({ config: written(folder), out, steps: 2 }, quiet(), known)
    await train({ preset: 'convnet-s', out: denoiser, steps: 1 }, quiet(), known)
    t.equal(await usualClassifier(runs, use), out)
    t.match(
      await refusal(classifierNetwork(denoiser, use)),
      /b is a run of a denoiser: expected a run of a classifier$/,
    )
    const large = await must(open('stripes', 16, known.kinds))
    t.match(
      await refusal(classifierNetwork(out, { ...use, dataset: large })),
      /judges pictures of 8 x 8 x 1: expected 16 x 16 x 1, those of stripes$/,
    )
    t.match(await refusal(usualClassifier(runs, { ...use, dataset: large })), /^no finished run/)

    const network = await classifierNetwork(out, { ...use, batch: 3 })
    const rows = await must(readMetrics(out))
    t.match(network, { distance: 'relative distance', features: 4, classes: 2, labels: ['rows', 'columns'] })
    t.equal(network.heldOutAccuracy, rows.at(-1)?.measures?.accuracy)
    const pictures = Float32Array.from([0, 1, 2, 3].flatMap((i) => [...dataset.image(i)]))
    const judged = await network.judge(pictures, 4)
    t.same([judged.features.length, judged.logits.length], [16, 8])
    const [, second] = [0, 1].map((i) => judged.logits.slice(2 * i, 2 * i + 2))
    const alone = await network.judge(pictures.slice(64, 128), 1)
    t.strictSame(alone.logits, second, 'a picture is judged by itself')
    await network.dispose()

    const others = { ...use, dataset: { ...dataset, classes: ['x', 'y'] } }
    const strange = await classifierNetwork(out, others)
    t.match(strange, { labels: null, heldOutAccuracy: null }, 'its classes are not those of the data')
    await strange.dispose()
    const again = await classifierNetwork(out, { ...use, dataset: { ...dataset, fingerprint: 'other' } })
    t.equal(again.heldOutAccuracy, network.heldOutAccuracy, 'of other data it is computed')
    await again.dispose()

    t.strictSame(said, [])
    await train({ resume: out, steps: 3 }, quiet(), known)
    const { checkpoints } = await must(readRecord(out))
    truncateSync(join(out, 'checkpoints', checkpoints.at(-1)?.file ?? ''), 100)
    const before = await classifierNetwork(out, use)
    t.equal(before.name, `classifier ${out}, step 2`)
    await before.dispose()
    t.equal(said.length, 1)
    t.match(said[0], /falling back to the checkpoint of step 2$/, 'a damaged one that is passed over is said')
  },
)
