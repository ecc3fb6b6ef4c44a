/** Published files at small width and depth: every name of theirs is loaded, computed with, and written as it was. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import t, { type Test } from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { decoding, encoding } from '../../src/autoencoder/task.ts'
import { forward } from '../../src/diffusion/task.ts'
import { timeEmbedding } from '../../src/diffusion/timeEmbedding.ts'
import { modelOfFile } from '../../src/interchange/card.ts'
import type { Layout } from '../../src/interchange/layout.ts'
import { layouts } from '../../src/interchange/layouts.ts'
import { matched } from '../../src/interchange/matched.ts'
import { loadParameters, type Parameters, saveParameters } from '../../src/interchange/parameters.ts'
import { layoutOf, type ReadOptions } from '../../src/interchange/source.ts'
import type { ParameterDtype } from '../../src/interchange/written.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { type MadeTensor, saveTensors } from '../../src/io/tensorFile.ts'
import { compile } from '../../src/lower/compile.ts'
import { decodeModel, models, preset } from '../../src/models/models.ts'
import { fixedTensor, madeTensor } from './made.ts'
import { autoencoderNames, diffitNames, diffitXl, stableDiffusion } from './published.ts'

const folder = await mkdtemp(join(tmpdir(), 'diffit-layouts-'))
t.teardown(() => rm(folder, { recursive: true }))
let files = 0

const right = <A>(result: E.Either<string, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left)
  return result.right
}
const left = <A>(result: E.Either<string, A>): string => (E.isLeft(result) ? result.left : 'no error')

const fileOf = async (tensors: readonly MadeTensor[], metadata: Readonly<Record<string, string>> = {}) => {
  const path = join(folder, `${files++}.safetensors`)
  right(await saveTensors(path, { tensors, metadata })())
  return path
}
const loaded = async (path: string, options: ReadOptions = {}): Promise<Parameters> =>
  right(await loadParameters(path, options)())
/** The error, without the path. */
const refused = async (tensors: readonly MadeTensor[], options: ReadOptions = {}): Promise<string> => {
  const path = await fileOf(tensors)
  return left(await loadParameters(path, options)()).replace(`${path}: `, '')
}
const layout = (name: string): Layout => {
  const found = layouts.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no layout is called ${name}`)
  return found
}

/** The tensors of two files, equal in name, type, shape and every bit. */
const sameContents = async (t: Test, path: string, again: string, message: string): Promise<void> => {
  const [a, b] = [right(await load(path)()).tensors, right(await load(again)()).tensors]
  t.same([...b.keys()].sort(), [...a.keys()].sort(), message)
  const bytes = ({ buffer }: { readonly buffer: ArrayBufferLike }): Buffer => Buffer.from(buffer)
  const differ = [...a].flatMap(([name, one]) => {
    const other = b.get(name)
    const same =
      other?.dtype === one.dtype &&
      isDeepStrictEqual(other.shape, one.shape) &&
      bytes(other.values).equals(bytes(one.values))
    return same ? [] : [name]
  })
  t.same(differ, [], message)
}
/** Parameters, equal to the bit. */
const sameTheta = (t: Test, a: Parameters, b: Parameters, message: string): void => {
  t.ok(Buffer.from(a.theta.buffer).equals(Buffer.from(b.theta.buffer)), message)
}
/** Names with shapes, sorted. */
const listed = (all: Iterable<readonly [string, readonly number[]]>): readonly string[] =>
  Array.from(all, ([name, shape]) => `${name} [${shape}]`).sort()

// ---------------------------------------------------------------------------------------------------------- DiffiT
const diffitSmall = { width: 16, depth: 2, heads: 2, grid: 3, classes: 5 }
const diffitFile = (dtype: ParameterDtype, { prefix = '', fixed = true, seed = '' } = {}): readonly MadeTensor[] =>
  [...diffitNames(diffitSmall, fixed)].map(([name, shape]) => {
    const one = fixedTensor(name, shape, dtype) ?? madeTensor(name, shape, dtype, `${seed}${name}`)
    return { ...one, name: `${prefix}${name}` }
  })

t.test('the names of the models at full size are the published ones', async (t) => {
  const ours = (name: string) =>
    listed(Object.entries(right(preset(name)).spec).map(([own, { file }]) => [own, file.shape]))
  t.same(ours('latent-xl'), listed(diffitNames(diffitXl, false)))
  const names = autoencoderNames(stableDiffusion)
  t.equal(names.length, 248)
  t.same(ours('kl-f8'), listed(names.map(({ diffusers, shape }) => [diffusers, shape])))
})

t.test('a published DiffiT file tells its configuration, is computed with, and is written byte for byte', async (t) => {
  const path = await fileOf(diffitFile('F32'))
  const { model, theta, layout: found } = await loaded(path)
  t.equal(found, 'diffit')
  t.same(model.config, {
    model: 'latent',
    input_size: 6,
    channels: 4,
    patch: 2,
    width: 16,
    depth: 2,
    heads: 2,
    mlp_ratio: 4,
    classes: 5,
    learn_sigma: true,
  })
  if (model.objective !== 'denoising') throw new Error('expected a denoiser')
  const run = await compile(cpu)(forward(model, { batch: 1, ...model.shape }))
  await run.write({ theta })
  const input = Float64Array.from({ length: 6 * 6 * 4 }, (_, i) => Math.sin(i))
  const labels = Float64Array.from({ length: 6 }, (_, i) => (i === 3 ? 1 : 0))
  const { network } = await run.run({ input, time: timeEmbedding(256)(500), labels })
  t.ok(network !== undefined && network.length === 6 * 6 * 8 && network.every((x) => Number.isFinite(x)))
  t.ok(new Set(network).size > 200)
  await run.dispose()

  for (const dtype of ['F32', 'F16', 'BF16', 'F64'] as const) {
    const [made, again] = [await fileOf(diffitFile(dtype)), join(folder, 'again.safetensors')]
    right(await saveParameters(again, await loaded(made), { layout: layout('diffit'), dtype })())
    await sameContents(t, made, again, dtype)
    // the card is enough without the names' help
    t.equal((await loaded(again)).metadata.layout, 'diffit')
  }
})

t.test('without its fixed tensors it is the same; with other ones it is refused', async (t) => {
  const whole = await loaded(await fileOf(diffitFile('F32')))
  const bare = await loaded(await fileOf(diffitFile('F32', { fixed: false })))
  sameTheta(t, bare, whole, 'bare')
  const wrong = diffitFile('F32').map((one) =>
    one.name === 'pos_embed' ? madeTensor('pos_embed', one.shape, 'F32') : one,
  )
  t.match(
    await refused(wrong),
    /^tensor "pos_embed" is not what this model computes with: element 0 is .*, expected 0$/,
  )
})

t.test("checkpoints of DiT's training: the average or the parameters, whatever else is there", async (t) => {
  const path = await fileOf([
    ...diffitFile('F32', { prefix: 'model.', seed: 'm' }),
    ...diffitFile('F32', { prefix: 'ema.', seed: 'e' }),
    madeTensor('opt.state.0.exp_avg', [3], 'F32'),
  ])
  const average = await loaded(path)
  const theta = await loaded(path, { weights: 'theta' })
  t.equal(average.layout, 'dit')
  sameTheta(t, average, await loaded(await fileOf(diffitFile('F32', { seed: 'e' }))), 'ema')
  sameTheta(t, theta, await loaded(await fileOf(diffitFile('F32', { seed: 'm' }))), 'model')
  t.equal(
    await refused(diffitFile('F32', { prefix: 'model.' })),
    'it has no averaged parameters (ema.*), only model.*: ask for the weights "theta"',
  )
})

// ------------------------------------------------------------------------------------------------------ autoencoder
const vaeSizes = { widths: [32, 64], blocks: 1 }
const vae = autoencoderNames(vaeSizes)
type Names = 'ldm' | 'diffusers' | 'old'
const vaeFile = (names: Names, dtype: ParameterDtype = 'F32', prefix = ''): readonly MadeTensor[] =>
  vae.map((one) =>
    madeTensor(`${prefix}${one[names]}`, names === 'ldm' ? one.ldmShape : one.shape, dtype, one.diffusers),
  )

t.test("an autoencoder's file tells its configuration; all names of it give the same parameters", async (t) => {
  const diffusers = await loaded(await fileOf(vaeFile('diffusers')))
  t.match(diffusers.model.config, {
    model: 'kl',
    image_size: 256,
    channels: 3,
    latent_channels: 4,
    widths: [32, 64],
    blocks: 1,
    groups: 32,
    attention_resolutions: [],
  })
  t.equal(diffusers.layout, 'diffusers')
  const others: readonly (readonly [string, readonly MadeTensor[]])[] = [
    ['old names', vaeFile('old')],
    ['ldm', vaeFile('ldm')],
    ['ldm with its losses', [...vaeFile('ldm'), madeTensor('loss.logvar', [], 'F32')]],
    [
      'a whole checkpoint',
      [
        ...vaeFile('ldm', 'F32', 'first_stage_model.'),
        madeTensor('model.diffusion_model.out.0.weight', [4], 'F32'),
        madeTensor('model_ema.decay', [], 'F32'),
        madeTensor('cond_stage_model.logit_scale', [1], 'F32'),
        madeTensor('betas', [10], 'F32'),
      ],
    ],
  ]
  for (const [name, tensors] of others) {
    const other = await loaded(await fileOf(tensors))
    t.same(other.model.config, diffusers.model.config, name)
    sameTheta(t, other, diffusers, name)
  }
})

t.test('it is computed with, and is written byte for byte', async (t) => {
  const small = right(decodeModel({ model: 'kl', image_size: 4, ...vaeSizes, groups: 16 }))
  if (small.objective !== 'reconstruction') throw new Error('expected an autoencoder')
  const { theta } = await loaded(await fileOf(vaeFile('ldm')), { model: small })
  const encoder = await compile(cpu)(encoding(small, { batch: 1, size: 4, channels: 3 }))
  const decoder = await compile(cpu)(decoding(small, { batch: 1, size: 2, channels: 4 }))
  await encoder.write({ theta })
  await decoder.write({ theta })
  const { mean } = await encoder.run({ image: Float64Array.from({ length: 48 }, (_, i) => Math.cos(i)) })
  const { image } = await decoder.run({ latents: mean ?? new Float64Array(16) })
  t.ok(mean.length === 16 && new Set(mean).size > 12 && mean.every((x) => Number.isFinite(x)))
  t.ok(image.length === 48 && new Set(image).size > 40 && image.every((x) => Number.isFinite(x)))

  for (const names of ['diffusers', 'ldm'] as const)
    for (const dtype of ['F32', 'F16', 'BF16'] as const) {
      const [made, again] = [await fileOf(vaeFile(names, dtype)), join(folder, 'again.safetensors')]
      right(await saveParameters(again, await loaded(made), { layout: layout(names), dtype })())
      await sameContents(t, made, again, `${names} ${dtype}`)
    }
})

// ----------------------------------------------------------------------------------------------------------- errors
t.test('a tensor that is missing, too much or of another shape is named', async (t) => {
  const all = vaeFile('ldm')
  const without = (name: string): readonly MadeTensor[] => all.filter((one) => one.name !== name)
  const as = (name: string, to: string, shape: readonly number[]) => [...without(name), madeTensor(to, shape, 'F32')]
  const q = 'encoder.mid.attn_1.q.weight'
  t.equal(await refused(without(q)), `tensor "${q}" [64, 64, 1, 1] is missing`)
  t.equal(
    await refused(as(q, 'encoder.mid.attn_1.qq.weight', [64, 64, 1, 1])),
    `tensor "${q}" [64, 64, 1, 1] is missing; the file has "encoder.mid.attn_1.qq.weight", which is not a tensor of this model`,
  )
  t.equal(
    await refused([...all, madeTensor('decoder.extra', [2], 'F32')]),
    'tensor "decoder.extra" is not of this model',
  )
  t.equal(
    await refused(as(q, q, [64, 63, 1, 1])),
    `tensor "${q}" has shape [64, 63, 1, 1], but this model has [64, 64, 1, 1]`,
  )
  // an untransposed linear layer of another program
  const fc1 = 'blocks.1.mlp.fc1.weight'
  const transposed = diffitFile('F32').map((one) => (one.name === fc1 ? madeTensor(fc1, [16, 64], 'F32') : one))
  t.equal(await refused(transposed), `tensor "${fc1}" has shape [16, 64], but this model has [64, 16]`)
  t.match(
    await refused([madeTensor('a', [2], 'F32')]),
    /^neither its metadata nor its shapes tell the configuration of its model: convert it with a --preset, which writes it into the metadata$/,
  )
})

t.test('any tensor that a file without a card lacks is named, not a field of the configuration', async (t) => {
  const files: readonly (readonly [string, readonly MadeTensor[]])[] = [
    ['', diffitFile('BF16', { fixed: false })],
    ['model.', diffitFile('BF16', { prefix: 'model.', fixed: false })],
    ['', vaeFile('diffusers', 'BF16')],
    ['first_stage_model.', vaeFile('ldm', 'BF16', 'first_stage_model.')],
  ]
  for (const [prefix, all] of files) {
    const said = all.map(({ name }) => {
      const shapes = new Map(all.flatMap((one) => (one.name === name ? [] : [[one.name, one.shape]])))
      const found = right(layoutOf([...shapes.keys()]))
      const weights = prefix === 'model.' ? 'theta' : 'average'
      const why = pipe(
        modelOfFile({ metadata: {}, shapes }, found, null, models),
        E.chain((model) => matched(found, model, shapes, weights)),
      )
      return left(why).startsWith(`tensor "${name}" [`) && /\] is missing($|[:;])/.test(left(why)) ? null : left(why)
    })
    t.same(
      said.filter((why) => why !== null),
      [],
      `${all.length} tensors under "${prefix}"`,
    )
  }
  const short = (name: string, shape: readonly number[]) =>
    refused(diffitFile('F32').map((one) => (one.name === name ? madeTensor(name, shape, 'F32') : one)))
  const [patches, table] = ['x_embedder.proj.weight', 'blocks.0.attn.relative_position_bias_table']
  t.equal(
    await short(patches, [16, 4]),
    `tensor "${patches}" has shape [16, 4]: expected [width, channels, patch, patch]`,
  )
  t.equal(await short(table, [24, 2]), `tensor "${table}" has 24 rows: expected (2 grid - 1)^2 of a grid of tokens`)
  t.equal(
    await short(patches, [18, 4, 2, 2]),
    'the configuration that its shapes tell: width is 18: expected a multiple of 4, for sines and cosines of columns and of rows; convert it with a --preset, which writes it into the metadata',
  )
  const whole = diffitFile('F32').filter(({ name }) => !name.startsWith('blocks.0.'))
  t.match(await refused(whole), /^tensor "blocks\.0\..*" .* is missing/)
})
