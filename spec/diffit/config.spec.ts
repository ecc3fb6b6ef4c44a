/** Examples of model configurations: presets, defaults, and one clear sentence for everything impossible. */
import { either as E } from 'fp-ts'
import t from 'tap'
import { decodeImageConfig, defaults, preset, presets } from '../../src/diffit/config.ts'
import { imageSpec } from '../../src/diffit/image.ts'
import { count } from '../../src/nn/spec.ts'

t.test('missing fields take the defaults of the reference, and classes null is unconditional', async (t) => {
  t.same(decodeImageConfig({}), E.right(defaults))
  t.same(decodeImageConfig({ model: 'image', heads: 8, classes: null }), E.right({ ...defaults, heads: 8 }))
})

t.test('every preset is a possible model, and image-s has the parameters that the reference counts', async (t) => {
  for (const config of Object.values(presets)) t.same(decodeImageConfig(config), E.right(config))
  t.equal(count(imageSpec(presets['image-s'])), 4_018_923)
})

t.test('what cannot be is refused in one sentence that names the field, its value and what was expected', async (t) => {
  const refused: readonly (readonly [unknown, string])[] = [
    [3, "the model's configuration is 3: expected named fields"],
    [{ model: 'latent' }, 'model is "latent": expected "image"'],
    [{ head: 4 }, 'unknown field "head": did you mean "heads"?'],
    [
      { zzzzzzzz: 4 },
      'unknown field "zzzzzzzz": expected one of image_size, channels, widths, depths, window, heads, time_width, mlp_ratio, classes',
    ],
    [{ heads: 'four' }, 'heads is "four": expected a whole number of at least 1'],
    [{ heads: 0 }, 'heads is 0: expected a whole number of at least 1'],
    [{ widths: 64 }, 'widths is 64: expected a list of whole numbers, one a level'],
    [{ widths: [64, 'x', 64] }, 'widths is [64,"x",64]: expected a list of whole numbers, one a level'],
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
    [{ window: 5 }, 'window is 5: expected a divisor of the size of every level, but one is 32 x 32'],
    [{ widths: [2, 4, 4], heads: 2 }, 'widths has 2: expected at least 4, the size of a group of channels'],
    [
      { widths: [132, 256, 256], heads: 4 },
      'widths is [132, 256, 256]: a level normalises 132 channels in 32 groups, which do not divide them',
    ],
  ]
  for (const [raw, sentence] of refused) t.same(decodeImageConfig(raw), E.left(sentence))
})

t.test('an unknown preset is answered with the nearest name', async (t) => {
  t.same(preset('emoji3'), E.left('unknown preset "emoji3": did you mean "emoji32"?'))
  t.same(preset('ffhq64'), E.right(presets.ffhq64))
})
