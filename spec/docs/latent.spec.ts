/** docs/latent.md and docs/autoencoder.md: commands are read as they stand, tables and numbers are those of the code. */
import { readFile } from 'node:fs/promises'
import { either as E } from 'fp-ts'
import t from 'tap'
import { parse } from 'yaml'
import { latentShapeOf } from '../../src/autoencoder/task.ts'
import { mustBe } from '../../src/cli/errors.ts'
import { keptAutoencoderPath } from '../../src/cli/latents/autoencoderOfLatents.ts'
import { objectives } from '../../src/cli/objectives/objectives.ts'
import { decodeOptions, flagsOf } from '../../src/cli/settings/flags.ts'
import { readSettings, settingsOf } from '../../src/cli/settings/settings.ts'
import { layoutOf } from '../../src/data/latents/layout.ts'
import { manifestPath } from '../../src/data/latents/manifest.ts'
import { klPresets } from '../../src/models/kl/klPresets.ts'
import { latentPresets } from '../../src/models/latent/latentPresets.ts'
import { autoencoderOf, preset } from '../../src/models/models.ts'
import { count } from '../../src/nn/spec.ts'

const [latent, autoencoder] = [await readFile('docs/latent.md', 'utf8'), await readFile('docs/autoencoder.md', 'utf8')]
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ')
const [aboutLatents, aboutAutoencoder] = [flat(latent), flat(autoencoder)]
const english = (n: number): string => n.toLocaleString('en')
const rowsOf = (text: string): readonly (readonly string[])[] =>
  [...text.matchAll(/^\| (`.*) \|$/gm)].map(([, line = '']) => line.split(' | '))

t.test('the commands have flags that there are, with values that are read', async (t) => {
  const lines = [...`${latent}\n${autoencoder}`.matchAll(/^npm run (train|data) -- (.*?)(?:\s+#.*)?$/gm)]
  t.ok(lines.length >= 7)
  for (const [line, command = '', words = ''] of lines) {
    const name = command === 'data' ? 'encode' : 'train'
    t.equal(words.startsWith('encode '), command === 'data')
    const said = Object.fromEntries([...words.matchAll(/--(\w+) (\S+)/g)].map(([, flag = '', value]) => [flag, value]))
    for (const flag of Object.keys(said))
      t.ok(
        flagsOf(name).some((one) => one.startsWith(`--${flag} `)),
        flag,
      )
    const read = decodeOptions(name, said)
    t.ok(E.isRight(read), E.isLeft(read) ? read.left : line)
  }
  for (const [, path = ''] of autoencoder.matchAll(/npm run parity -- (\S+)/g)) t.ok(await readFile(path))
})

t.test('the table of autoencoders is that of the presets', async (t) => {
  const shape = (size: number, channels: number): string => `${size} x ${size} x ${channels}`
  const expected = Object.keys(klPresets).map((name) => {
    const model = mustBe(autoencoderOf(mustBe(preset(name))))
    const { size, channels } = model.shape
    const latents = latentShapeOf(model, model.shape)
    return [`\`${name}\``, shape(size, channels), shape(latents.size, latents.channels), english(count(model.spec))]
  })
  t.same(
    rowsOf(autoencoder).map((row) => row.slice(0, 4)),
    expected,
  )
})

t.test('the table of latent models is that of the presets, every one of which is in it', async (t) => {
  const rows = rowsOf(latent)
  const named = rows.map(([names = '']) => [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
  t.same(named.flat().sort(), Object.keys(latentPresets).sort())
  rows.forEach(([, shape = '', blocks = ''], i) => {
    for (const name of named[i] ?? []) {
      const { input_size, channels, depth, width } = mustBe(preset(name)).config
      t.equal(shape, `${input_size} x ${input_size} x ${channels}`, name)
      t.equal(blocks, `${depth} blocks of width ${width}`, name)
    }
  })
  for (const [name, guidance] of [
    ['diffit-xl-256', 'power_cosine'],
    ['diffit-xl-512', 'constant'],
  ] as const) {
    const { training, sampling, model } = mustBe(settingsOf(null, { preset: name, data: 'emoji' }))
    t.match(training, { process: 'discrete', beta_schedule: 'linear', learning_rate: 3e-4, batch: 256 })
    t.match(sampling, { sampler: 'ddpm', steps: 250, guidance_schedule: guidance })
    t.equal(model.learn_sigma, true)
  }
  const tiny = (['latent-tiny', 'latent-s'] as const).map(
    (name) => mustBe(settingsOf(null, { preset: name, data: 'emoji' })).training,
  )
  t.match(tiny, [{ sigma_data: 1 }, { optimiser: 'adamw', schedule: 'constant' }])
  t.ok(E.isRight(readSettings('{"preset": "diffit-xl-256", "data": "emoji", "model": {"depth": 30}}', {})))
})

t.test('the settings that are spoken of are settings, in the state that is said', async (t) => {
  const settings = mustBe(settingsOf(null, { preset: 'kl-tiny' }))
  const rates = /\| Muon \| (\d+) \| ([\d.]+), ([\d.]+) \| 25\.5 dB \|/.exec(autoencoder)?.slice(1).map(Number)
  const { training } = settings
  t.same([training.optimiser, training.schedule], ['muon', 'inverse_sqrt'])
  t.same([training.batch, training.matrix_learning_rate, training.learning_rate], rates)
  t.match(aboutAutoencoder, `after ${english(training.decay_images)} and to 0 over the last two fifths`)
  t.equal(training.cooldown, 0.4)
  const keys = [...`${latent}${autoencoder}`.matchAll(/`((?:training|model|sampling)\.\w+)(?:: ([^`]+))?`/g)]
  t.ok(keys.length >= 8)
  for (const [, key = '', value] of keys) {
    const [section = '', field = ''] = key.split('.')
    const found = ['kl-tiny', 'latent-tiny'].some((name) => {
      const all: Readonly<Record<string, unknown>> = { ...mustBe(settingsOf(null, { preset: name, data: 'emoji' })) }
      const within = all[section]
      return typeof within === 'object' && within !== null && field in within
    })
    t.ok(found, key)
    if (value === undefined) continue
    // timesteps are of the discrete process
    const training = { process: 'discrete', ...(section === 'training' ? parse(`${field}: ${value}`) : {}) }
    const yaml = JSON.stringify({
      preset: 'latent-tiny',
      model: section === 'model' ? parse(`${field}: ${value}`) : {},
      training,
    })
    const read = readSettings(yaml, {})
    t.ok(E.isRight(read), E.isLeft(read) ? read.left : key)
  }
})

t.test('what lies on the disk is what is said', async (t) => {
  const layout = layoutOf({ size: 16, channels: 4, labels: Array.from({ length: 600 }, () => 0), flips: [true] })
  t.match(aboutLatents, `Shards of ${layout.shards[0]?.to} pictures`)
  t.equal(layout.views(0), 2)
  t.equal(layout.recordBytes, 2 * 16 * 16 * 4 * 2, 'half precision')
  t.match(aboutLatents, `\`${manifestPath('')}\` has labels`)
  t.match(aboutLatents, `keeps its autoencoder as \`${keptAutoencoderPath('')}\``)
  t.equal((-20 * Math.log10(2 ** -11)).toFixed(0), /is (\d+) dB below/.exec(aboutLatents)?.[1])
  const carried = await readFile('src/models/kl/kl-tiny.safetensors')
  t.match(aboutAutoencoder, `(${(carried.length / 1e6).toFixed(1)} MB)`)
  for (const name of ['img2img', 'inpaint', 'evaluate', 'samplers', 'compare', 'sample'] as const) {
    t.match(aboutLatents, `\`${name}\``)
    t.ok(flagsOf(name).length > 0, name)
  }
  t.match(objectives.reconstruction.trains, 'an autoencoder')
})
