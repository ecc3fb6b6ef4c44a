/** How long a picture of samples will take, from how long a validation took: by the evaluations of the network. */
import t from 'tap'
import { mustBe } from '../../../src/cli/errors.ts'
import { pixelSpace } from '../../../src/cli/latents/imageSpace.ts'
import { modelOf } from '../../../src/cli/model.ts'
import { denoising } from '../../../src/cli/objectives/denoising.ts'
import { standard } from '../../../src/cli/settings/options.ts'
import { settingsOf } from '../../../src/cli/settings/settings.ts'
import { dataset } from '../../../src/data/dataset.ts'
import { edm } from '../../../src/diffusion/process/edm.ts'
import { edmRange } from '../../../src/diffusion/schedule/schedule.ts'
import { schedules } from '../../../src/diffusion/schedule/schedules.ts'
import { decodeDenoiser } from '../../../src/models/models.ts'
import { knownNetwork } from '../../diffusion/known.ts'
import { tinyModel } from '../tiny.ts'

const classes = ['a', 'b']
const data = dataset({
  name: 'grey',
  classes,
  channels: 3,
  size: 8,
  pixels: new Uint8Array(40 * 8 * 8 * 3),
  labels: Uint8Array.from({ length: 40 }, (_, i) => i % 2),
})

/** Evaluations of a batch, where a validation of some batches takes as many seconds. */
const evaluations = (sampling: object, known: number | null = 2): number => {
  const settings = mustBe(settingsOf({ model: { ...tinyModel, classes: known }, sampling }, {}))
  const model = mustBe(decodeDenoiser(modelOf(settings, standard).config))
  const { executable } = knownNetwork({ process: edm(0.5), levels: [1], batch: 4, classes: known, imageOf: () => [] })
  const { images, pictureSeconds } = denoising
    .of(model, settings)
    .report({ executable, batch: 4, dataset: data, space: pixelSpace(data), count: 4 })
  return pictureSeconds({ columns: 3, steps: 4 }, Math.ceil(images / 4))
}

t.test('two batches without guidance, three with it: at the levels where there is guidance', async (t) => {
  const each = 7
  t.equal(evaluations({ guidance: 1 }), 2 * each, 'six images')
  t.equal(evaluations({ guidance: 2 }), 3 * each, 'twelve')
  t.equal(evaluations({ guidance: 2 }, null), each, 'three images without classes')
  const [top, second] = schedules.karras.levels(4, edmRange)
  const interval = (guidance_low: number | undefined, guidance_high: number | undefined) =>
    evaluations({ guidance: 2, guidance_schedule: 'interval', guidance_low, guidance_high })
  t.equal(interval(100, 200), 2 * each, 'an interval above all levels')
  t.equal(interval(second, top), (2 + 1 / 4) * each, 'at one of four levels')
  t.equal(evaluations({ guidance: 2, guidance_schedule: 'power_cosine' }), (2 + 3 / 4) * each, 'not at the first level')
})
