/** Examples of model configurations: presets, defaults, and one clear sentence for everything impossible. */
import { either as E } from 'fp-ts'
import t from 'tap'
import { decodeImageConfig, imageDefaults } from '../../src/models/image/imageConfig.ts'
import { imageSpec } from '../../src/models/image/imageModel.ts'
import { imagePresets } from '../../src/models/image/imagePresets.ts'
import { decodeLatentConfig, latentDefaults } from '../../src/models/latent/latentConfig.ts'
import { latentPresets } from '../../src/models/latent/latentPresets.ts'
import type { ConfiguredModel } from '../../src/models/model.ts'
import { decodeModel, models, preset, presetsOf } from '../../src/models/models.ts'
import { count } from '../../src/nn/spec.ts'

t.test('missing fields take the defaults of the reference, and classes null is unconditional', async (t) => {
  t.same(decodeImageConfig({}), E.right(imageDefaults))
  t.same(decodeImageConfig({ model: 'image', heads: 8, classes: null }), E.right({ ...imageDefaults, heads: 8 }))
})

t.test('every preset is a valid model, and image-s has as many parameters as the reference', async (t) => {
  for (const config of Object.values(imagePresets)) t.same(decodeImageConfig(config), E.right(config))
  for (const config of Object.values(latentPresets)) t.same(decodeLatentConfig(config), E.right(config))
  t.equal(count(imageSpec(imagePresets['image-s'])), 4_018_923)
})

t.test('an invalid configuration is one sentence that names the field, its value and what was expected', async (t) => {
  const refused: readonly (readonly [unknown, string])[] = [
    [3, "the model's configuration is 3: expected named fields"],
    [{ model: 'latent' }, 'model is "latent": expected "image"'],
    [{ head: 4 }, 'unknown field "head": did you mean "heads"?'],
    [
      { zzzzzzzz: 4 },
      'unknown field "zzzzzzzz": expected one of model, image_size, channels, widths, depths, window, heads, time_width, mlp_ratio, classes, learn_sigma, augment_labels',
    ],
    [{ heads: 'four' }, 'heads is "four": expected a whole number of at least 1'],
    [{ heads: 0 }, 'heads is 0: expected a whole number of at least 1'],
    [{ widths: 64 }, 'widths is 64: expected a list of whole numbers, one per level'],
    [{ widths: [64, 'x', 64] }, 'widths is [64, "x", 64]: expected a list of whole numbers, one per level'],
    [{ classes: 0 }, 'classes is 0: expected a whole number of at least 1, or null for an unconditional model'],
    [{ mlp_ratio: -1 }, 'mlp_ratio is -1: expected a positive number'],
    [
      { mlp_ratio: 0.001 },
      'mlp_ratio is 0.001: expected at least one hidden channel in every block of widths [128, 256, 256]',
    ],
    [
      { depths: [1, 1] },
      'widths is [128, 256, 256] and depths is [1, 1]: expected one of each for every level, and at least one level',
    ],
    [{ heads: 3 }, 'heads is 3: expected a divisor of every width, but 128 is in widths'],
    [{ image_size: 30 }, 'image_size is 30: expected a multiple of 4, to be halved between 3 levels'],
    [{ augment_labels: 1 }, 'augment_labels is 1: expected 0 or 9'],
    [{ window: 5 }, 'window is 5: expected a divisor of the size of every level, but one is 32 x 32'],
    [{ widths: [2, 4, 4], heads: 2 }, 'widths has 2: expected at least 4, the size of a group of channels'],
    [
      { widths: [132, 256, 256], heads: 4 },
      'widths is [132, 256, 256]: a level normalises 132 channels in 32 groups, which do not divide them',
    ],
  ]
  for (const [raw, sentence] of refused) t.same(decodeImageConfig(raw), E.left(sentence))
})

t.test('latent models: missing fields take the defaults, and invalid ones are errors of one sentence', async (t) => {
  t.same(decodeLatentConfig({}), E.right(latentDefaults))
  const refused: readonly (readonly [unknown, string])[] = [
    [[], "the model's configuration is []: expected named fields"],
    [{ model: 'image', widths: [8] }, 'model is "image": expected "latent"'],
    [{ widht: 4 }, 'unknown field "widht": did you mean "width"?'],
    [{ input_size: 1.5 }, 'input_size is 1.5: expected a whole number of at least 1'],
    [{ classes: null }, 'classes is null: expected a whole number of at least 1'],
    [{ learn_sigma: 'yes' }, 'learn_sigma is "yes": expected true or false'],
    [{ patch: 3 }, 'patch is 3: expected a divisor of the input_size of 32'],
    [{ heads: 5 }, 'heads is 5: expected a divisor of the width of 1152'],
    [{ width: 6, heads: 3 }, 'width is 6: expected a multiple of 4, for sines and cosines of columns and of rows'],
    [{ mlp_ratio: 0 }, 'mlp_ratio is 0: expected a positive number'],
    [
      { width: 8, heads: 2, mlp_ratio: 0.1 },
      'mlp_ratio is 0.1: expected at least one hidden channel in every block of width 8',
    ],
  ]
  for (const [raw, sentence] of refused) t.same(decodeLatentConfig(raw), E.left(sentence))
})

/** The configuration of a decoded model. */
const decoded = (raw: unknown) => E.map(({ config }: ConfiguredModel) => config)(decodeModel(raw))

t.test('any model of the table: `model` is the discriminant of the other fields', async (t) => {
  const { 'latent-s': small } = latentPresets
  t.same(decoded(JSON.parse(JSON.stringify(small))), E.right(small))
  t.same(decoded({ model: 'latent', depth: 2 }), E.right({ ...latentDefaults, depth: 2 }))
  t.same(decoded({ model: 'image', heads: 8 }), E.right({ ...imageDefaults, heads: 8 }))
  t.same(decoded({ heads: 8 }), E.right({ ...imageDefaults, heads: 8 }), 'files of the reference may leave it out')
  t.same(decoded({ model: 'latnet' }), E.left('model is "latnet": did you mean "latent"?'))
  t.same(decoded({ model: null }), E.left('model is null: expected one of image, latent, classifier, kl'))
  t.same(decoded({ model: 'toString' }), E.left('model is "toString": expected one of image, latent, classifier, kl'))
  t.same(decoded(3), E.left("the model's configuration is 3: expected named fields"))
  t.match(decoded({ model: 'latent', window: 4 }), E.left(/^unknown field "window"/))
})

t.test('an unknown preset is answered with the nearest name', async (t) => {
  const config = (name: string) => E.map(({ config }: ConfiguredModel) => config)(preset(name))
  t.same(config('emoji3'), E.left('unknown preset "emoji3": did you mean "emoji32"?'))
  t.same(config('ffhq64'), E.right(imagePresets.ffhq64))
  t.same(config('latents'), E.left('unknown preset "latents": did you mean "latent-s"?'))
})

t.test('names tell the models, and the presets of all models, apart; each preset is of its own model', async (t) => {
  const names = models.flatMap((model) => Object.keys(model.presets))
  t.equal(new Set(names).size, names.length)
  t.equal(new Set(models.map((model) => model.name)).size, models.length)
  for (const model of models)
    for (const [name, config] of Object.entries(model.presets)) {
      t.equal(config.model, model.name)
      t.equal(E.isRight(model.recipes), E.isRight(presetsOf(models).get(name)?.recipe ?? E.left('')), name)
    }
})

t.test('a configuration follows its data: channels and classes, but an unconditional model stays so', async (t) => {
  const fitted = (raw: unknown) => E.map((m: ConfiguredModel) => m.fit({ channels: 1, classes: 7 }))(decodeModel(raw))
  t.same(fitted({ classes: 3 }), E.right({ ...imageDefaults, channels: 1, classes: 7 }))
  t.same(fitted({ classes: null }), E.right({ ...imageDefaults, channels: 1, classes: null }))
  t.same(
    fitted({ model: 'latent' }),
    E.right({ ...latentDefaults, channels: 1, classes: 7 }),
    'latents give their channels',
  )
})
