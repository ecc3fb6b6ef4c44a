/** The label of augmentation as an input: fed in training, zeros in sampling and validation, and refused in a wrong size. */
import t from 'tap'
import { edmAugmentation } from '../../src/augmentation/index.ts'
import { mustBe } from '../../src/cli/errors.ts'
import { stepFeeds } from '../../src/diffusion/batch.ts'
import { denoiser } from '../../src/diffusion/denoiser.ts'
import { augmentRows } from '../../src/diffusion/labels.ts'
import { mse } from '../../src/diffusion/loss/mse.ts'
import { edmNoise, lognormal } from '../../src/diffusion/noise/lognormal.ts'
import { noised } from '../../src/diffusion/noise/noised.ts'
import { edm } from '../../src/diffusion/process/edm.ts'
import { denoisingTask } from '../../src/diffusion/task.ts'
import { meanLoss } from '../../src/diffusion/validation.ts'
import { decodeDenoiser } from '../../src/models/models.ts'
import type { Named } from '../../src/plan/backend.ts'
import { fold, key } from '../../src/random/key.ts'
import { adamw } from '../../src/train/adamw.ts'
import { elements, knownNetwork } from './known.ts'

const process = edm(0.5)
const augmentation = edmAugmentation({ size: 2, channels: 3, probability: 0.9 })
const shown = [0, 1, 2].map((i) =>
  noised({ distribution: lognormal(edmNoise), labelDropout: 0, augmentation })(fold(key(1), i), {
    image: new Float64Array(elements),
    label: null,
  }),
)

t.test('sampling and validation feed zeros, whatever the image says; without the input they feed none', async (t) => {
  const seen: Named[] = []
  const known = {
    ...{ process, levels: [1, ...shown.map(({ sigma }) => sigma)], batch: 2, classes: null },
    ...{ imageOf: () => new Array<number>(elements).fill(0), seen: (feeds: Named) => seen.push(feeds) },
  }
  const network = { ...knownNetwork(known), augmentLabels: 9 }
  t.ok(shown.every(({ augment }) => augment?.some((v) => v !== 0)))
  await denoiser(network)([{ image: new Float64Array(elements), label: null }], 1)
  await meanLoss(network, mse)(shown)
  t.equal(seen.length, 3)
  for (const { augment } of seen) t.same(augment, new Float64Array(18))
  await denoiser(knownNetwork(known))([{ image: new Float64Array(elements), label: null }], 1)
  t.equal(seen.at(-1)?.augment, undefined)
})

t.test('a training step feeds the labels of its images, in their order', async (t) => {
  const { augment } = stepFeeds(shown, { process, classes: null, whole: 3, augmentLabels: 9 })
  t.same(
    [...(augment ?? [])],
    shown.flatMap((each) => [...(each.augment ?? [])]),
  )
  t.notOk('augment' in stepFeeds(shown, { process, classes: null, whole: 3 }))
  t.throws(
    () => augmentRows([undefined, new Float64Array(8)], 9),
    new RangeError('the label of augmentation of image 1 has 8 numbers: expected 9'),
  )
})

t.test('the programs of a model declare the input where its configuration asks for it', async (t) => {
  const small = { image_size: 4, widths: [4], depths: [1], heads: 1, time_width: 4 }
  for (const augment_labels of [0, 9]) {
    const model = mustBe(decodeDenoiser({ ...small, augment_labels }))
    const shapes = { ...model.shape, batch: 2 }
    const task = denoisingTask(model, { ...shapes, loss: mse, optimiser: adamw({ learningRate: 1e-3 }) })
    t.same(task.batch.augment, augment_labels === 0 ? undefined : [2, 9])
  }
})
