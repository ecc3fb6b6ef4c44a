/** What a comparison takes of an evaluation, and that without a network nobody judges. */
import t from 'tap'
import { backends } from '../../../backends/index.ts'
import { figuresOf, judgeOf } from '../../../src/cli/comparison/judging.ts'
import type { Evaluation } from '../../../src/cli/evaluation/evaluation.ts'
import { standard } from '../../../src/cli/settings/options.ts'
import { dataset } from '../../../src/data/dataset.ts'

const accurate = { held_out_accuracy: 0.71 }
const found: Evaluation = {
  format: 'diffit evaluation 1',
  run: 'runs/a',
  step: 5,
  images: 80,
  sampling: { count: 1008, seed: 0, guidance: 2, sampler: 'heun', schedule: 'karras', steps: 18, others: {} },
  network: { name: 'classifier', features: 64, ...accurate },
  reference: { source: 'training pictures of emoji', pictures: 3535 },
  fid: null,
  relative_distance: { value: 12.5, of_real_pictures: 1, real_pictures: 1008, ...accurate },
  inception_score: null,
  relative_inception_score: null,
  precision_recall: { precision: 0.5, recall: 0.25, neighbours: 3, samples: 9, real_pictures: 9, ...accurate },
  class_accuracy: { all: 0.625, by_class: [], ...accurate },
  nearest: { mean_distance: 3, nn_ratio: 1.25, copied: 0.125, held_out_pictures: 30 },
}

t.test('its figures, the name of its distance, and who judged them beside', async (t) => {
  t.strictSame(figuresOf(found), {
    about:
      'relative distance and the figures after it: 1008 samples (heun, 18 steps, guidance 2) against training pictures of emoji, judged by classifier, which names the class of 71.0 % of held-out pictures.',
    distanceName: 'relative distance',
    distance: 12.5,
    accuracy: 0.625,
    precision: 0.5,
    recall: 0.25,
    neighbourRatio: 1.25,
    copies: 0.125,
  })
  const fid = {
    ...found,
    fid: found.relative_distance,
    relative_distance: null,
    precision_recall: null,
    class_accuracy: null,
  }
  t.match(figuresOf(fid), { distanceName: 'FID', distance: 12.5, accuracy: null, precision: null, recall: null })
})

t.test(
  'without a network, and without a classifier of the data, nobody judges; other options are another judge',
  async (t) => {
    const images = dataset({
      name: 'one',
      classes: ['a'],
      channels: 1,
      size: 1,
      pixels: new Uint8Array(1),
      labels: new Uint8Array(1),
    })
    const context = {
      dataset: images,
      known: standard,
      backends,
      say: () => undefined,
      stopped: () => false,
      stopCheck: () => undefined,
    }
    t.equal(await judgeOf({ count: 12 }, context), null)
    const [one, other] = [
      await judgeOf({ network: 'n' }, context),
      await judgeOf({ network: 'n', guidance: 3 }, context),
    ]
    t.not(one, null)
    t.not(one?.options, other?.options)
    t.equal((await judgeOf({ network: 'n', threads: 1 }, context))?.options, one?.options)
  },
)
