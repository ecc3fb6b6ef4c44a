/** Runs of latent models: encoded, trained, resumed, sampled and judged by the command line, at toy size. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { backends } from '../../backends/index.ts'
import { writeAutoencoder } from '../../src/cli/autoencoder/autoencoderFile.ts'
import { must, mustBe } from '../../src/cli/errors.ts'
import { evaluateRun, quietly } from '../../src/cli/evaluate.ts'
import {
  compiledFor,
  keptAutoencoderPath,
  openForLatents,
  openKept,
  spaceOf,
} from '../../src/cli/latents/autoencoderOfLatents.ts'
import { encode } from '../../src/cli/latents/encode.ts'
import { modelOf } from '../../src/cli/model.ts'
import { img2img } from '../../src/cli/sample/img2img.ts'
import { coarser, inpaint, pasted } from '../../src/cli/sample/inpaint.ts'
import { sample } from '../../src/cli/sample/sample.ts'
import { catalogue } from '../../src/cli/settings/options.ts'
import { readRun } from '../../src/cli/settings/settings.ts'
import { train } from '../../src/cli/train.ts'
import { verify } from '../../src/cli/verify.ts'
import { kinds } from '../../src/data/index.ts'
import { thisProcess } from '../../src/io/processIdentity.ts'
import { load } from '../../src/io/safetensorsFile.ts'
import { autoencoderOf, decodeModel, models } from '../../src/models/models.ts'
import { arbitrary } from '../../src/nn/spec.ts'
import { key } from '../../src/random/key.ts'
import { tinyNetwork } from '../evaluation/tinyNetwork.ts'
import { stripes } from './convnet.ts'
import { checkpoint, refusal } from './runs.ts'
import { quiet } from './tiny.ts'

const known = catalogue({ models, kinds: [...kinds, stripes] })
const silent = (): void => undefined
const progress = { show: silent, stop: silent }
const kl = { model: 'kl', image_size: 8, channels: 1, latent_channels: 2, widths: [4, 8], blocks: 1, groups: 4 }
const latent = { input_size: 4, width: 8, depth: 1, heads: 2 }

/** The file of a random autoencoder. */
const autoencoder = async (path: string, seed = 1): Promise<string> => {
  const model = mustBe(autoencoderOf(mustBe(decodeModel(kl))))
  const theta = arbitrary(model.spec)(key(seed)).map((v) => v / 3)
  await must(writeAutoencoder(path, { model, theta, scale: null }))
  return path
}

const settingsFile = (folder: string, more: object = {}, training: object = {}): string => {
  const path = join(folder, 'c.yaml')
  const cadence = { save_seconds: 1e9, validation_seconds: 1e9, grid_seconds: 1e9 }
  const settings = {
    preset: 'latent-s',
    data: 'stripes',
    autoencoder: join(folder, 'kl.safetensors'),
    backend: 'cpu',
    threads: 1,
    model: latent,
    training: { batch: 4, learning_rate: 0.02, warmup_images: 0, ...training },
    sampling: { steps: 2, columns: 2 },
    cadence,
    ...more,
  }
  writeFileSync(path, JSON.stringify(settings))
  return path
}

const pixelsOf = async (path: string) => sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true })

t.test(
  'a run is whole by itself: resumed = never stopped without its autoencoder and its latents, sampled, judged',
  async (t) => {
    const folder = t.testdir()
    const [file, out, whole] = [
      await autoencoder(join(folder, 'kl.safetensors')),
      join(folder, 'run'),
      join(folder, 'whole'),
    ]
    const config = settingsFile(folder)
    const caches = [join(folder, 'cache'), join(folder, 'second')]
    await train({ config, out: whole, steps: 4 }, { ...quiet(), caches }, known)
    const environment = { ...quiet(), caches }
    await train({ config, out, steps: 2 }, environment, known)
    t.equal(readdirSync(join(folder, 'cache')).length, 1, 'encoded once')
    t.notOk(existsSync(join(folder, 'second')), 'into the first folder that can be made')
    t.ok(environment.said.some((line) => /latents of stripes: 32 images of 4 x 4, 2 classes/.test(line)))
    rmSync(file)
    rmSync(join(folder, 'cache'), { recursive: true })
    await train({ resume: out, steps: 4 }, { ...quiet(), caches }, known)
    const [resumed, straight] = await Promise.all([out, whole].map((run) => must(load(checkpoint(run, 4)))))
    t.strictSame(resumed?.tensors, straight?.tensors)
    t.ok(await verify(out, silent, known))
    t.match(mustBe(readRun(readFileSync(join(out, 'config.yaml'), 'utf8'), {}, known)), {
      autoencoder: file,
      training: { latents: 'sample' },
      model: { channels: 2, classes: 2 },
    })

    const grid = await sample({ run: out, count: 1, guidance: 1 }, silent, undefined, known)
    t.ok((await pixelsOf(grid)).info.width > 150, 'of pictures, not of latents')

    const picture = join(folder, 'p.png')
    const shades = Uint8Array.from({ length: 64 }, (_, i) => (i * 29) % 256)
    await sharp(shades, { raw: { width: 8, height: 8, channels: 1 } })
      .png()
      .toFile(picture)
    const opened = await openKept(out, null, known)
    const settings = mustBe(readRun(readFileSync(join(out, 'config.yaml'), 'utf8'), {}, known))
    const machine = { backend: backends.cpu, threads: 1 }
    const space = spaceOf(modelOf(settings, known), opened, machine)
    const plain = compiledFor(opened, { size: 8, channels: 1 }, machine)
    const given = Float64Array.from(shades, (v) => v / 127.5 - 1)
    const [decoded = new Float64Array()] = await space.decode(await space.encode([given]))
    const reconstruction = await plain.decode((await plain.encode(given)).mean)
    t.ok(decoded.every((v, i) => Math.abs(v - (reconstruction[i] ?? Number.NaN)) < 1e-4))
    await Promise.all([space.dispose(), plain.dispose()])

    const edited = await img2img(
      { run: out, image: picture, strength: 0, count: 1, class: 'rows' },
      silent,
      undefined,
      known,
    )
    const bytes = Uint8Array.from(reconstruction, (v) => Math.max(0, Math.min(255, Math.round((v + 1) * 127.5))))
    const { data, info } = await pixelsOf(edited)
    /** The middles of the pixels of the last cell, which is 96 pixels wide. */
    const shown = Array.from(bytes, (_, i) => {
      const at = (n: number, extent: number): number => extent - 96 + Math.floor((n + 0.5) * 12)
      return data[(at(Math.floor(i / 8), info.height) * info.width + at(i % 8, info.width)) * info.channels] ?? -1
    })
    t.same(
      shown.filter((v, i) => Math.abs(v - (bytes[i] ?? 0)) > 1),
      [],
      'strength 0 is the reconstruction of the picture',
    )

    const judged = await evaluateRun(
      { run: out, count: 4, out: join(folder, 'evaluation') },
      { ...quietly, openNetwork: () => tinyNetwork(64, ['rows', 'columns']) },
      known,
    )
    t.equal(judged.sampling.count, 4)
    const config2 = settingsFile(folder, { autoencoder: await autoencoder(file, 2) })
    await train({ config: config2, out: join(folder, 'other'), steps: 1 }, { ...quiet(), caches }, known)
    t.equal(readdirSync(join(folder, 'cache')).length, 2, 'another autoencoder, other latents')

    const kept = keptAutoencoderPath(out)
    /** What every command says of a run whose autoencoder is not its own. */
    const refusedBy = async (why: string) => {
      const environment = { ...quiet(), caches }
      const network = { ...quietly, openNetwork: () => tinyNetwork(64, ['rows', 'columns']) }
      t.equal(await refusal(sample({ run: out, count: 1 }, silent, undefined, known)), `${kept} ${why}`)
      t.equal(await refusal(train({ resume: out, steps: 6 }, environment, known)), `${kept} ${why}`)
      t.equal(await refusal(evaluateRun({ run: out, count: 4 }, network, known)), `${kept} ${why}`)
      const said: string[] = []
      t.notOk(await verify(out, (line) => said.push(line), known))
      t.ok(said.includes(`WRONG  ${kept} ${why}`), said.join('\n'))
    }
    copyFileSync(keptAutoencoderPath(join(folder, 'other')), kept)
    await refusedBy(
      'is another autoencoder than the one that encoded the latents: expected the file that was written there',
    )
    copyFileSync(file, kept)
    await refusedBy('has no latent_scale: expected the file that was written there')
    rmSync(kept)
    await refusedBy(
      'is missing, which encodes and decodes the latents: copy it there from another copy of the folder, or from the folder of the latents',
    )
    t.equal(readdirSync(join(folder, 'cache')).length, 2, 'nothing is encoded for it')
  },
)

t.test('inpaint: the mask at the resolution of latents, the kept pixels of the picture', async (t) => {
  t.same([...coarser(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0), 4, 2)], [0, 1, 0, 0])
  t.same([...coarser(Uint8Array.of(0, 1, 1, 0), 2, 1)], [0, 1, 1, 0])
  t.same([...pasted(Float64Array.of(1, 2, 3, 4), Float64Array.of(5, 6, 7, 8), Uint8Array.of(1, 0))], [1, 2, 7, 8])
  t.type(inpaint, 'function')
})

t.test('latents that are encoded before: data encode, training on them, and what is refused', async (t) => {
  const folder = t.testdir()
  const file = await autoencoder(join(folder, 'kl.safetensors'))
  const out = join(folder, 'encoded')
  const said: string[] = []
  const environment = { say: (line: string) => said.push(line), progress }
  const o = { autoencoder: file, data: 'stripes', out, backend: 'cpu', threads: 1 } as const
  await encode(o, environment, known)
  t.equal(
    await refusal(encode({ ...o, data: `latents:${out}` }, environment, known)),
    `latents:${out} holds latents already: expected pictures`,
  )
  t.match(said.at(0), /latents of 32 pictures, 4 x 4 x 2/)
  const before = readFileSync(join(out, 'latents.json'), 'utf8')
  // killed after its last shard, with nothing left to do
  const dead = { ...(await thisProcess()), pid: spawnSync(process.execPath, ['-e', '']).pid, since: '', id: 'dead' }
  writeFileSync(join(out, '.lock'), JSON.stringify(dead))
  await encode(o, environment, known)
  t.equal(readFileSync(join(out, 'latents.json'), 'utf8'), before)
  t.notOk(existsSync(join(out, '.lock')), 'complete ones lose the lock of a process that died')
  const data = `latents:${out}`
  const config = settingsFile(folder, { data, autoencoder: '' }, { latents: 'mean' })
  await train({ config, out: join(folder, 'run'), steps: 1 }, quiet(), known)
  t.equal(
    (await openKept(join(folder, 'run'), null, known)).contentHash,
    (await openForLatents(file, known, silent)).contentHash,
  )
  const openNetwork: typeof quietly.openNetwork = (_, { data }) => {
    t.equal(data, 'stripes', 'a classifier is trained on the pictures')
    return tinyNetwork(64, ['rows', 'columns'])
  }
  const judged = await evaluateRun({ run: join(folder, 'run'), count: 2 }, { ...quietly, openNetwork }, known)
  t.equal(judged.reference.source, 'training pictures of stripes')

  // a shard is lost in the middle of a training, which has saved nothing yet
  const [shard, aside, losing] = [join(out, 'shard-000000.safetensors'), join(folder, 'aside'), join(folder, 'losing')]
  const loss = {
    ...quiet(),
    progress: { show: () => void (existsSync(shard) && renameSync(shard, aside)), say: silent, stop: silent },
  }
  const why = await refusal(train({ config, out: losing, steps: 50 }, loss, known))
  t.match(why, new RegExp(`cannot read ${shard}: no such file.*; encode the pictures into its folder again`))
  const [, step] = /The last good checkpoint is .*step-(\d+)\.safetensors; resume with: /.exec(why) ?? []
  t.ok(Number(step) > 0 && existsSync(checkpoint(losing, Number(step))), `its last step is saved: ${why}`)
  renameSync(aside, shard)

  const other = await autoencoder(join(folder, 'other.safetensors'), 2)
  t.match(
    await refusal(encode({ ...o, autoencoder: other }, environment, known)),
    /latents\.json: its latents were encoded by another autoencoder/,
  )
  const refused = (more: object): Promise<string> =>
    refusal(train({ config: settingsFile(folder, more), out: join(folder, 'no'), steps: 1 }, quiet(), known))
  t.match(await refused({ data, autoencoder: other }), /was encoded by another autoencoder than .*other\.safetensors/)
  t.match(
    await refused({ data, autoencoder: '', model: { ...latent, input_size: 2 } }),
    /holds latents of 4 x 4: expected 2 x 2/,
  )
  t.match(await refused({ autoencoder: '' }), /kl-tiny|channels/)
  t.match(
    await refusal(train({ preset: 'emoji32', data, out: join(folder, 'no'), steps: 1 }, quiet(), known)),
    /holds latents, but the model is of pixels/,
  )
  t.match(
    await refusal(train({ preset: 'emoji32', autoencoder: file, dryRun: true }, quiet(), known)),
    'autoencoder is a setting of models of latents, but this model is of pixels: leave it out',
  )
})
