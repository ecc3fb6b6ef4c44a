/** A run of an autoencoder: the command line trains, resumes, checks and reports it like any other run, and opens it to encode. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { openAutoencoder } from '../../../src/cli/autoencoder/openAutoencoder.ts'
import { convert, unseen } from '../../../src/cli/convert/convert.ts'
import { must } from '../../../src/cli/errors.ts'
import { openForLatents } from '../../../src/cli/latents/autoencoderOfLatents.ts'
import { encode } from '../../../src/cli/latents/encode.ts'
import { sample } from '../../../src/cli/sample/sample.ts'
import { catalogue } from '../../../src/cli/settings/options.ts'
import { readSettings } from '../../../src/cli/settings/settings.ts'
import { train } from '../../../src/cli/train.ts'
import { verify } from '../../../src/cli/verify.ts'
import { kinds } from '../../../src/data/index.ts'
import { openLatents } from '../../../src/data/latents/latents.ts'
import { readMetrics } from '../../../src/io/runMetrics.ts'
import { load, save } from '../../../src/io/safetensorsFile.ts'
import { models } from '../../../src/models/index.ts'
import { stripes } from '../convnet.ts'
import { checkpoint, refusal } from '../runs.ts'
import { quiet } from '../tiny.ts'

const known = catalogue({ models, kinds: [...kinds, stripes] })
const silent = (): void => undefined
const settings = {
  preset: 'kl-tiny',
  data: 'stripes',
  threads: 1,
  model: { image_size: 8, widths: [4, 4], groups: 2, latent_channels: 2 },
  training: {
    batch: 4,
    micro_batch: 4,
    optimiser: 'adamw',
    warmup_images: 4,
    cooldown: 0,
    reconstruction_loss: 'l1_mse',
    kl_weight: 0.01,
  },
}
const written = (folder: string, said: object = settings): string => {
  const path = join(folder, 'c.yaml')
  writeFileSync(path, JSON.stringify(said))
  return path
}

t.test('a run: resumed = never stopped, verified, reported, converted and opened', async (t) => {
  const folder = t.testdir()
  const [config, out, whole] = [written(folder), join(folder, 'run'), join(folder, 'whole')]
  await train({ config, out, steps: 3 }, quiet(), known)
  await train({ resume: out, steps: 6 }, quiet(), known)
  const readings: object[] = []
  const environment = quiet()
  const progress = { ...environment.progress, show: (reading: object) => readings.push(reading) }
  await train({ config, out: whole, steps: 6 }, { ...environment, progress }, known)
  const [resumed, straight] = await Promise.all([out, whole].map((run) => must(load(checkpoint(run, 6)))))
  t.ok(resumed?.tensors.has('ema.decoder.mid_block.attentions.0.to_q.weight'))
  t.strictSame(resumed?.tensors, straight?.tensors)
  t.ok(await verify(out, silent, known))
  t.ok(existsSync(join(out, 'samples', 'step-6.png')))
  const rows = await must(readMetrics(whole))
  const { psnr = Number.NaN, kl = Number.NaN } = rows.at(-1)?.measures ?? {}
  t.ok(psnr > 0 && psnr < 60, `${psnr} dB`)
  t.ok(kl > 0, `a divergence of ${kl}`)
  t.match(readings.at(-1), { measures: { psnr, kl } })
  t.notMatch(readFileSync(join(whole, 'loss.svg'), 'utf8'), /right axis|fixed noise/)
  t.equal(
    await refusal(sample({ run: out }, silent, undefined, known)),
    `${out} is a run of an autoencoder, which generates no images: expected a run of a denoiser; train a model of its latents with: npm run train -- --preset latent-tiny --autoencoder ${out}`,
  )

  const { training } = parse(readFileSync(join(out, 'config.yaml'), 'utf8'))
  t.match(training, { reconstruction_loss: 'l1_mse', kl_weight: 0.01 })
  t.notOk('sigma_mean' in training || 'label_smoothing' in training)

  const options = { format: 'ldm', dtype: 'f16', latentScale: 'measured' } as const
  const file = join(folder, 'files', 'kl.safetensors')
  const converting = { say: silent, progress: unseen, stopped: () => false, caches: [join(folder, 'cache')] }
  await convert(out, file, options, converting, known)
  const [run, read] = [await openForLatents(out, known, silent), await openForLatents(file, known, silent)]
  t.same([read.contentHash, read.model.config, read.theta], [run.contentHash, run.model.config, run.theta])
  t.equal(run.scale, null)
  const latents = join(folder, 'encoded')
  const encoding = { say: silent, progress: { show: silent, stop: silent } }
  await encode({ autoencoder: file, data: 'stripes', out: latents, threads: 1 }, encoding, known)
  t.same(read.scale, (await must(openLatents(latents))).encoded?.scale, 'that of what training shows')
  t.equal(readdirSync(join(folder, 'cache')).length, 1, 'whose latents are there for it')

  const again = join(folder, 'again.safetensors')
  const scaleOf = async (o: Parameters<typeof convert>[2]) => {
    await convert(file, again, o, converting, known)
    return (await openAutoencoder(again, known, silent)).scale
  }
  t.same(await scaleOf({ dtype: 'f32' }), read.scale, 'convert takes it along')
  t.same(await scaleOf({ latentScale: 0.5 }), { mean: [0, 0], std: [2, 2] })
  t.equal(
    await refusal(scaleOf({ latentScale: 'measured' })),
    '--latent-scale measured: expected the folder of a run, over whose pictures it is measured, or a factor',
  )
})

t.test('what is no autoencoder is refused in one sentence that names it', async (t) => {
  const folder = t.testdir()
  const [file, config] = [join(folder, 'a.safetensors'), JSON.stringify({ model: 'kl', widths: [4], groups: 2 })]
  const of = async (metadata: Readonly<Record<string, string>>): Promise<string> => {
    await must(save(file, { tensors: new Map(), metadata }))
    return refusal(openAutoencoder(file, known, silent))
  }
  t.equal(
    await of({}),
    `${file}: neither its metadata nor its shapes tell the configuration of its model: convert it with a --preset, which writes it into the metadata`,
  )
  t.equal(await of({ config: '{' }), `${file}: its configuration is not JSON`)
  t.equal(
    await of({ config: '{"model": "latent"}' }),
    `${file}: model is "latent", which is trained by denoising: expected an autoencoder`,
  )
  t.match(await of({ config }), /a\.safetensors: tensor "encoder\.conv_in\.weight" \[4, 3, 3, 3\] is missing$/)
  t.match(await of({ config, sha256: 'none' }), /a\.safetensors: its content is damaged/)
  t.match(await refusal(openAutoencoder(join(folder, 'none'), known, silent)), /^cannot read .*none: /)

  const out = join(folder, 'classifier')
  const model = { image_size: 8, widths: [8], groups: 2, features: 4 }
  await train(
    { config: written(folder, { preset: 'classifier', data: 'stripes', model }), out, steps: 1 },
    quiet(),
    known,
  )
  t.equal(
    await refusal(openAutoencoder(out, known, silent)),
    `${out} is a run of a classifier: expected a run of an autoencoder`,
  )
})

t.test('settings of diffusion are refused, and an unknown loss', async (t) => {
  const sentence = (given: object): string => {
    const read = readSettings(JSON.stringify(given), {}, known)
    return read._tag === 'Left' ? read.left : 'it was not refused'
  }
  t.equal(
    sentence({ preset: 'kl-tiny', training: { sigma_mean: 0 } }),
    'training.sigma_mean is a setting of denoising, but this model is trained by reconstruction: leave it out',
  )
  t.equal(
    sentence({ preset: 'kl-tiny', training: { reconstruction_loss: 'l2' } }),
    'training.reconstruction_loss is "l2": did you mean "l1"?',
  )
})
