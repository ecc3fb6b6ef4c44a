/** Examples of the KL autoencoder: its size, its names in files, what it refuses, and attention at some resolutions. */
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { evaluate } from '../../src/lower/compile.ts'
import { kl } from '../../src/models/kl/kl.ts'
import { decodeKLConfig, type KLConfig, klDefaults } from '../../src/models/kl/klConfig.ts'
import { klModel, klSpec } from '../../src/models/kl/klModel.ts'
import { klPresets } from '../../src/models/kl/klPresets.ts'
import { autoencoderOf, decodeModel } from '../../src/models/models.ts'
import { arbitrary, count, flatSize, leavesOf, unflatten } from '../../src/nn/spec.ts'
import { key, normal } from '../../src/random/key.ts'
import { input, literal } from '../../src/tensor/ops.ts'

const tiny: KLConfig = { ...klDefaults, image_size: 8, widths: [4, 8], blocks: 1, groups: 2, latent_channels: 2 }

t.test("Stable Diffusion's autoencoder has 83,653,863 parameters, and every preset is a valid model", async (t) => {
  t.equal(count(klSpec(klDefaults)), 83_653_863)
  t.equal(count(klSpec(klPresets['kl-tiny'])), 681_911)
  for (const config of Object.values(klPresets)) t.same(decodeKLConfig(config), E.right(config))
  t.same(klPresets['kl-f8'], klDefaults)
  t.same(decodeKLConfig({}), E.right(klDefaults))
})

t.test("a file has the names of diffusers' AutoencoderKL", async (t) => {
  const names = new Map(leavesOf(klSpec(tiny)).map(({ name, parameter }) => [name, parameter.file.shape]))
  const shapes: Readonly<Record<string, readonly number[]>> = {
    'encoder.conv_in.weight': [4, 3, 3, 3],
    'encoder.down_blocks.0.resnets.0.norm1.weight': [4],
    'encoder.down_blocks.0.downsamplers.0.conv.weight': [4, 4, 3, 3],
    'encoder.down_blocks.1.resnets.0.conv_shortcut.weight': [8, 4, 1, 1],
    'encoder.mid_block.attentions.0.group_norm.bias': [8],
    'encoder.mid_block.attentions.0.to_q.weight': [8, 8],
    'encoder.mid_block.attentions.0.to_out.0.bias': [8],
    'encoder.mid_block.resnets.1.conv2.bias': [8],
    'encoder.conv_norm_out.weight': [8],
    'encoder.conv_out.weight': [4, 8, 3, 3],
    'decoder.conv_in.weight': [8, 2, 3, 3],
    'decoder.up_blocks.0.resnets.1.conv1.weight': [8, 8, 3, 3],
    'decoder.up_blocks.0.upsamplers.0.conv.weight': [8, 8, 3, 3],
    'decoder.up_blocks.1.resnets.0.conv_shortcut.weight': [4, 8, 1, 1],
    'decoder.conv_out.weight': [3, 4, 3, 3],
    'quant_conv.weight': [4, 4, 1, 1],
    'post_quant_conv.bias': [2],
  }
  for (const [name, shape] of Object.entries(shapes)) t.same(names.get(name), shape, name)
  t.notOk(names.has('encoder.down_blocks.1.downsamplers.0.conv.weight'), 'the coarsest level is not halved')
  t.notOk(names.has('decoder.up_blocks.1.upsamplers.0.conv.weight'), 'nor the finest doubled')
})

t.test(
  'attention stands where a resolution asks for it, and is the identity while its projection is zero',
  async (t) => {
    const attending = { ...tiny, attention_resolutions: [4] }
    const added = leavesOf(klSpec(attending))
      .map(({ name }) => name)
      .filter((name) => !leavesOf(klSpec(tiny)).some((leaf) => leaf.name === name))
    t.same(
      [...new Set(added.map((name) => name.split('.attentions.')[0]))],
      ['encoder.down_blocks.1', 'decoder.up_blocks.0'],
    )
    t.equal(added.length, 10 * 3, 'after the one block of the encoder and the two of the decoder')
    const image = literal(normal(key(2), 8 * 8 * 3), [1, 8, 8, 3])
    const outputs = (c: KLConfig, isZero: (name: string) => boolean) => {
      const spec = klSpec(c)
      const theta = new Float64Array(arbitrary(spec)(key(1)))
      for (const { name, start, size } of leavesOf(spec)) if (isZero(name)) theta.fill(0, start, start + size)
      const { encode, decode } = klModel(c).apply(unflatten(spec)(input('theta', [theta.length])))
      return evaluate(cpu)({ y: decode(encode(image).mean) }, { theta })
    }
    const plain = await outputs(tiny, () => false)
    const still = await outputs(attending, (name) => /_blocks\.\d\.attentions\.\d\.to_out/.test(name))
    const moved = await outputs(attending, () => false)
    t.same(still.y, plain.y)
    t.notSame(moved.y, plain.y)
  },
)

t.test('the log-variance is kept from -30 to 20, the mean is not', async (t) => {
  const spec = klSpec(tiny)
  const theta = new Float64Array(flatSize(spec))
  for (const { name, start } of leavesOf(spec)) if (name === 'quant_conv.bias') theta.set([-40, 40, -40, 40], start)
  const { encode } = klModel(tiny).apply(unflatten(spec)(input('theta', [theta.length])))
  const { mean, logVariance } = await evaluate(cpu)(
    { ...encode(literal(new Float64Array(192), [1, 8, 8, 3])) },
    { theta },
  )
  t.same([...mean.subarray(0, 2), ...logVariance.subarray(0, 2)], [-40, 40, -30, 20])
})

t.test('an impossible configuration is one sentence', async (t) => {
  const refused: readonly (readonly [unknown, string])[] = [
    [{ widths: [] }, 'widths is []: expected at least one level'],
    [{ groups: 3 }, 'groups is 3: expected a divisor of every width, but 128 is in widths'],
    [
      { image_size: 36 },
      'image_size is 36: expected a multiple of 8, to be halved between 4 levels (widths is [128, 256, 512, 512])',
    ],
    [
      { attention_resolutions: [16] },
      'attention_resolutions has 16: expected the resolution of a level, one of 256, 128, 64, 32',
    ],
    [{ blocks: 0 }, 'blocks is 0: expected a whole number of at least 1'],
    [{ attention_resolutions: 16 }, 'attention_resolutions is 16: expected a list of resolutions of levels'],
  ]
  for (const [raw, sentence] of refused) t.same(decodeKLConfig(raw), E.left(sentence))
})

t.test('an autoencoder is found by its objective, and another model is refused in a sentence', async (t) => {
  t.equal(E.isRight(E.chain(autoencoderOf)(decodeModel(tiny))), true)
  t.same(
    E.chain(autoencoderOf)(decodeModel({ model: 'latent' })),
    E.left('model is "latent", which is trained by denoising: expected an autoencoder'),
  )
})

t.test('Muon orthogonalises what lies between the first and the last layers of each half', async (t) => {
  const { matrices, spec } = kl.of(tiny)
  const ends = /(^|\.)(conv_in|conv_out|quant_conv|post_quant_conv)\./
  for (const leaf of leavesOf(spec)) {
    const isMatrix = leaf.parameter.file.shape.length > 1 && !ends.test(leaf.name)
    t.equal(matrices(leaf), isMatrix ? 1 : 0, leaf.name)
  }
})
