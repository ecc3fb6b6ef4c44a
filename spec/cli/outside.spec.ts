/** A model and a kind of data set from outside of the tables are trained, resumed, checked and sampled like any other. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { parse } from 'yaml'
import { must } from '../../src/cli/errors.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { decodeOptions, settingsHelp } from '../../src/cli/settings/flags.ts'
import { catalogue, standard } from '../../src/cli/settings/options.ts'
import { readSettings } from '../../src/cli/settings/settings.ts'
import { train } from '../../src/cli/train.ts'
import { verify } from '../../src/cli/verify.ts'
import { kinds } from '../../src/data/index.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { models } from '../../src/models/index.ts'
import { convnet, stripes } from './convnet.ts'
import { refusal } from './runs.ts'
import { quiet } from './tiny.ts'

const wider = catalogue({ models: [...models, convnet], kinds: [...kinds, stripes] })
const preset = 'convnet-s'

t.test('it trains, saves, resumes as if it had never stopped, verifies and samples', async (t) => {
  const folder = t.testdir()
  const [out, whole] = [join(folder, 'run'), join(folder, 'whole')]
  const environment = quiet()
  await train({ preset, steps: 3, out }, environment, wider)
  t.ok(environment.said.includes('data        stripes: 32 images of 4 x 4, 2 classes'))
  await train({ resume: out, steps: 5 }, quiet(), wider)
  await train({ preset, steps: 5, out: whole }, quiet(), wider)
  const [resumed, straight] = await Promise.all(
    [out, whole].map((run) => must(load(join(run, 'checkpoints', 'step-5.safetensors')))),
  )
  t.ok(resumed?.tensors.has('param.first.weight'))
  t.strictSame(resumed?.tensors, straight?.tensors)
  t.ok(await verify(out, () => undefined, wider))
  t.match(await sample({ run: out, count: 1, steps: 1 }, () => undefined, undefined, wider), /seed-0\.png$/)
  t.strictSame(parse(readFileSync(join(out, 'config.yaml'), 'utf8')).model, {
    model: 'convnet',
    side: 4,
    channels: 1,
    hidden: 4,
    classes: 2,
  })

  const yaml = join(out, 'config.yaml')
  const said = readFileSync(yaml, 'utf8')
  writeFileSync(yaml, said.replace('hidden: 4', 'hidden: 8'))
  t.match(
    await refusal(train({ resume: out, steps: 6 }, quiet(), wider)),
    /step-5\.safetensors: it is of another model: hidden is 4 there and 8 here/,
  )
  writeFileSync(yaml, said.replace('  hidden: 4\n', ''))
  t.match(await refusal(train({ resume: out, steps: 6 }, quiet(), wider)), /model\.hidden is missing: expected a whole/)
  writeFileSync(yaml, said)
  t.match(
    await refusal(sample({ run: out })),
    /preset is "convnet-s": expected one of emoji32,/,
    'others do not know it',
  )
})

t.test(
  'a file may say the model without a preset of it: its other fields take the defaults of that model',
  async (t) => {
    const model = (text: string, known = wider) =>
      E.map((s: { model: unknown }) => s.model)(readSettings(text, {}, known))
    t.strictSame(model('model: { model: convnet }'), E.right(convnet.defaults))
    t.strictSame(model(`preset: ${preset}`), E.right(convnet.presets[preset]))
    t.strictSame(model(`preset: ${preset}\nmodel: { side: 8 }`), E.right({ ...convnet.presets[preset], side: 8 }))
    t.strictSame(
      model(`preset: ${preset}\nmodel: { hiden: 8 }`),
      E.left('model: unknown field "hiden": did you mean "hidden"?'),
    )
    t.strictSame(model('model: { model: convnet, hidden: 3 }'), E.left('model: hidden is 3: expected an even number'))
    t.strictSame(model('model: { model: convnte }'), E.left('model.model is "convnte": did you mean "convnet"?'))
    t.strictSame(
      model('model: { model: convnet }', standard),
      E.left('model.model is "convnet": expected one of image, latent, classifier, kl'),
    )
    t.strictSame(
      model('model: { model: 3 }'),
      E.left('model.model is 3: expected one of image, latent, classifier, kl, convnet'),
    )
  },
)

t.test('flags, help and messages have its names', async (t) => {
  t.match(decodeOptions('train', { preset }, wider), E.right({ preset }))
  t.strictSame(
    decodeOptions('train', { preset: 'convnet-x' }, wider),
    E.left('--preset is "convnet-x": did you mean "convnet-s"?'),
  )
  t.match(settingsHelp(wider), /; image: model, image_size, .*; convnet: model, side, channels, hidden, classes$/m)
  t.match(settingsHelp(wider), /^ {2}data .*stripes \(rows and columns\)/m)
  t.match(
    await refusal(train({ data: 'stripse', out: join(t.testdir(), 'run') }, quiet(), wider)),
    'unknown data "stripse": expected one of emoji, cifar10:DIR, idx:DIR, folder:DIR, latents:DIR, stripes; did you mean stripes?',
  )
  const path = join(t.testdir(), 'c.yaml')
  writeFileSync(path, `preset: ${preset}\nmodel: { classes: 3 }`)
  t.equal(
    await refusal(train({ config: path, steps: 1 }, quiet(), wider)),
    'model.classes is 3: expected 2, the classes of stripes, or null for an unconditional model',
  )
})
