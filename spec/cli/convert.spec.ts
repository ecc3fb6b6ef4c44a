/** `diffit convert`: a run's parameters into files of every kind, and back; what is refused, and that nothing is lost. */
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t, { type Test } from 'tap'
import { type ConvertEnvironment, convert, unseen } from '../../src/cli/convert/convert.ts'
import { must } from '../../src/cli/errors.ts'
import { train } from '../../src/cli/train.ts'
import { layouts } from '../../src/interchange/layouts.ts'
import { loadParameters, saveParameters } from '../../src/interchange/parameters.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { decodeModel } from '../../src/models/models.ts'
import { arbitrary } from '../../src/nn/spec.ts'
import { key } from '../../src/random/key.ts'
import { opened } from '../interchange/onnxRuntime.ts'
import { checkpoint, refusal } from './runs.ts'
import { often, quiet, tinyModel } from './tiny.ts'

const listening = (stopped = false): ConvertEnvironment & { readonly said: string[] } => {
  const said: string[] = []
  return { said, say: (line) => said.push(line), progress: unseen, stopped: () => stopped }
}
type Options = Parameters<typeof convert>[2]
const converted = async (from: string, to: string, o: Options = {}): Promise<readonly string[]> => {
  const environment = listening()
  await convert(from, to, o, environment)
  return environment.said
}

/** The tensors of a file, or of those below a prefix. */
const tensorsOf = async (path: string, prefix = ''): Promise<ReadonlyMap<string, unknown>> =>
  new Map(
    [...(await must(load(path))).tensors].flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    ),
  )

const folder = t.testdir()
const run = join(folder, 'run')
await train({ config: often(folder), out: run, steps: 3 }, quiet())
const at = (name: string): string => join(folder, name)

t.test("a run's average, or its last parameters, are in the file, which says all that is known", async (t) => {
  const [average, theta] = [at('average.safetensors'), at('theta.safetensors')]
  t.match(await converted(run, average), [/average\.safetensors: 12,737 parameters of the model "image", as /])
  await converted(run, theta, { weights: 'theta' })
  t.strictSame(await tensorsOf(average), await tensorsOf(checkpoint(run, 3), 'ema.'))
  t.strictSame(await tensorsOf(theta), await tensorsOf(checkpoint(run, 3), 'param.'))

  const { metadata, model } = await must(loadParameters(average))
  t.match(model.config, tinyModel)
  t.match(metadata, {
    format: 'diffit parameters 1',
    layout: 'parameters',
    weights: 'average',
    step: '3',
    images: '12',
  })
  t.match(JSON.parse(metadata.settings ?? ''), { 'training.batch': 4 })
  t.ok(JSON.parse(metadata.classes ?? '').length > 3)
  t.equal((await must(loadParameters(theta))).metadata.weights, 'theta')
})

t.test('a folder gets the file and a card in words; a README of another is let be', async (t) => {
  const out = at('card')
  t.match(await converted(run, out, { dtype: 'f16' }), [/card\/model\.safetensors: 12,737 parameters/])
  t.same(readdirSync(out), ['README.md', 'model.safetensors'])
  const card = readFileSync(join(out, 'README.md'), 'utf8')
  const { metadata } = await must(loadParameters(join(out, 'model.safetensors')))
  t.match(card, /^---\nlibrary_name: diffit\ntags:\n- image\n---\n/)
  t.ok(card.includes('| Model | image, 12,737 parameters |') && card.includes('| Steps of training | 3 |'))
  t.ok(card.includes("loadParameters('model.safetensors')"))
  const blocks = [...card.matchAll(/## (.+)\n\n```json\n([\s\S]*?)```/g)].map(([, name, json = '']) => [
    name,
    JSON.parse(json),
  ])
  t.same(blocks, [
    ['Configuration', JSON.parse(metadata.model ?? '')],
    ['Classes', JSON.parse(metadata.classes ?? '')],
    ['Settings of the training', JSON.parse(metadata.settings ?? '')],
  ])
  await converted(run, out, { weights: 'theta' })
  t.match(readFileSync(join(out, 'README.md'), 'utf8'), /\| Weights \| the last parameters \|/, 'written again')
  writeFileSync(join(out, 'README.md'), '# Mine')
  await refuses(
    t,
    run,
    out,
    {},
    `${join(out, 'README.md')} is there, and no card of ours: name another folder, or a file`,
  )
  t.equal(readFileSync(join(out, 'README.md'), 'utf8'), '# Mine')
})

t.test('half precision and back: the numbers of the half; both weights in the layout that has both', async (t) => {
  const [half, back, dit, single] = ['half', 'back', 'dit', 'single'].map((name) => at(`${name}.safetensors`))
  if (half === undefined || back === undefined || dit === undefined || single === undefined) throw new Error('no path')
  await converted(run, half, { dtype: 'bf16' })
  await converted(half, back, { dtype: 'f32' })
  const [theta, widened] = [await must(loadParameters(half)), await must(loadParameters(back))]
  t.ok(Buffer.from(theta.theta.buffer).equals(Buffer.from(widened.theta.buffer)))
  t.equal((await must(load(half))).tensors.get('head.conv.bias')?.dtype, 'BF16')

  await converted(run, dit, { format: 'dit' })
  t.strictSame(await tensorsOf(dit, 'ema.'), await tensorsOf(checkpoint(run, 3), 'ema.'))
  t.strictSame(await tensorsOf(dit, 'model.'), await tensorsOf(checkpoint(run, 3), 'param.'))
  await converted(dit, single, { weights: 'theta' })
  t.strictSame(await tensorsOf(single), await tensorsOf(checkpoint(run, 3), 'param.'))
})

t.test('a damaged checkpoint is passed over, and said; a damaged file is refused', async (t) => {
  const out = at('damaged')
  cpSync(run, out, { recursive: true })
  truncateSync(checkpoint(out, 3), 3000)
  const said = await converted(out, at('older.safetensors'))
  t.match(said[0], /step-3\.safetensors: .*; falling back to the checkpoint of step 2$/)
  t.strictSame(await tensorsOf(at('older.safetensors')), await tensorsOf(checkpoint(out, 2), 'ema.'))

  const bent = at('bent.safetensors')
  copyFileSync(checkpoint(run, 3), bent)
  const bytes = readFileSync(bent)
  bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1
  writeFileSync(bent, bytes)
  t.match(
    await refusal(convert(bent, at('no.safetensors'), {}, listening())),
    /bent\.safetensors: its content is damaged/,
  )
  t.notOk(existsSync(at('no.safetensors')))
})

t.test('ONNX: the network of a run; a half of an autoencoder', async (t) => {
  await converted(run, at('run.onnx'), { batch: 2 })
  const network = await opened(readFileSync(at('run.onnx')))
  t.same([network.inputs.toSorted(), network.outputs], [['input', 'labels', 'time'], ['network']])

  const kl = decodeModel({ model: 'kl', image_size: 8, widths: [8, 8], blocks: 1, groups: 4 })
  if (E.isLeft(kl)) throw new Error(kl.left)
  const theta = Float32Array.from(arbitrary(kl.right.spec)(key(1)))
  const file = at('kl.safetensors')
  const layout = layouts.find(({ name }) => name === 'ldm')
  if (layout === undefined) throw new Error('no layout')
  await must(saveParameters(file, { model: kl.right, theta }, { layout }))
  await converted(file, at('decode.onnx'), { part: 'decode' })
  const decoder = await opened(readFileSync(at('decode.onnx')))
  t.same([decoder.inputs, decoder.outputs], [['latents'], ['image']])
  const wrong = (o: Options) => refusal(convert(file, at('no.onnx'), o, listening()))
  t.equal(await wrong({ part: 'decoed' }), '--part decoed: did you mean "decode"?')
  t.equal(await wrong({ part: 'decode', dtype: 'f16' }), '--dtype f16: ONNX files are written in f32')
})

const refuses = async (t: Test, from: string, to: string, o: Options, sentence: string | RegExp): Promise<void> => {
  const said = await refusal(convert(from, to, o, listening()))
  typeof sentence === 'string' ? t.equal(said, sentence) : t.match(said, sentence)
}

t.test('every mistake is one sentence, and nothing is written', async (t) => {
  const [file, to] = [at('average.safetensors'), at('to.safetensors')]
  await refuses(
    t,
    file,
    at('to.bin'),
    {},
    `${at('to.bin')} is to be written as parameters: expected a folder, or a file that ends in .safetensors`,
  )
  await refuses(
    t,
    file,
    to,
    { format: 'onnx' },
    `${to} is to be written as onnx: expected a folder, or a file that ends in .onnx`,
  )
  await refuses(t, file, file, {}, `${file} is what is converted: name another file`)
  await refuses(t, at('none.safetensors'), to, {}, `cannot read ${at('none.safetensors')}: no such file or folder`)
  await refuses(t, folder, to, {}, `${folder} is not a run: it has no config.yaml`)
  await refuses(t, file, to, { preset: 'kl-tniy' }, '--preset: unknown preset "kl-tniy": did you mean "kl-tiny"?')
  await refuses(
    t,
    file,
    to,
    { preset: 'kl-tiny' },
    /average\.safetensors: tensor "encoder\.conv_in\.weight" .* is missing/,
  )
  await refuses(
    t,
    file,
    to,
    { format: 'ldm' },
    /^cannot write .*to\.safetensors: no file of latent diffusion's autoencoder.* is of the model "image"$/,
  )
  await refuses(
    t,
    file,
    join(file, 'none', 'to.safetensors'),
    {},
    /^cannot make the folder .*average\.safetensors\/none/,
  )
  await refuses(
    t,
    file,
    to,
    { weights: 'theta' },
    `${file}: its parameters are the average of a training: expected the last of a training, for --weights theta`,
  )
  for (const [flag, o] of Object.entries({ part: { part: 'decode' }, batch: { batch: 2 } }))
    await refuses(
      t,
      file,
      to,
      o,
      `--${flag} is for ONNX, but parameters is to be written: name a .onnx file, or leave it out`,
    )
  const large = await must(loadParameters(file))
  large.theta[0] = -65520
  await must(saveParameters(at('large.safetensors'), large))
  await refuses(
    t,
    at('large.safetensors'),
    to,
    { dtype: 'f16' },
    'tensor "t_embedder.mlp.0.weight" has the number -65520, which F16 does not hold: write BF16 or F32',
  )
  writeFileSync(at('a.ckpt'), 'x'.repeat(20))
  await refuses(t, at('a.ckpt'), to, {}, /a\.ckpt: a pickle, which could run any code/)
  t.notOk(existsSync(to))
})

t.test('stopped, it leaves what was there', async (t) => {
  const to = at('kept.safetensors')
  writeFileSync(to, 'before')
  const before = readdirSync(folder)
  t.equal(await refusal(convert(run, to, {}, listening(true))), `stopped: ${to} was not written`)
  t.equal(readFileSync(to, 'utf8'), 'before')
  t.same(readdirSync(folder), before)
})

t.test('checkpoints that another run wrote are passed over', async (t) => {
  const out = at('mixed')
  cpSync(run, out, { recursive: true })
  const record = join(out, 'run.json')
  writeFileSync(record, readFileSync(record, 'utf8').replace(/"id": "[^"]*"/, '"id": "0123456789abcdef"'))
  await refuses(t, out, at('to.safetensors'), {}, /^no checkpoint of .*mixed can be used: .*it belongs to another run$/)
})
