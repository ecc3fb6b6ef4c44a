/** The held-out images of a run: each with its own fixed noise, and with its label. */
import t from 'tap'
import { validationOf } from '../../src/cli/data.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import { edmNoise, lognormal } from '../../src/diffusion/lognormal.ts'
import { key } from '../../src/random/key.ts'

/** 100 images of 2 x 2 in two classes, image i full of i / 100; the last 90 of them held out, or none. */
const numbered = (held: boolean): Dataset => {
  const of = (from: number, to: number) =>
    [0, 1].map((label) =>
      Array.from({ length: to - from }, (_, i) => from + i)
        .filter((i) => i % 2 === label)
        .map((i) => [i]),
    )
  return {
    name: 'numbered',
    classes: ['even', 'odd'],
    channels: 1,
    size: 2,
    count: 100,
    image: (i) => new Float32Array(4).fill(i / 100),
    label: (i) => i % 2,
    flips: [false, false],
    balanced: false,
    train: of(0, held ? 10 : 100),
    heldOut: of(held ? 10 : 100, 100),
    notices: [],
    fingerprint: '',
  }
}
const noising = { distribution: lognormal(edmNoise), labelDropout: 1 }

t.test(
  'validation images: held out if there are any, each with its own noise and noise level, and its label',
  async (t) => {
    for (const held of [true, false]) {
      const all = validationOf(numbered(held), 80, noising, key(1))
      t.equal(all.length, 80)
      t.ok(
        all.every(({ image, label }) => label === Math.round(100 * (image[0] ?? Number.NaN)) % 2),
        'no label is dropped',
      )
      t.equal(
        all.every(({ image }) => (image[0] ?? Number.NaN) > 0.095),
        held,
      )
      t.equal(new Set(all.map(({ noise }) => noise.join())).size, 80)
      t.equal(new Set(all.map(({ sigma }) => sigma)).size, 80)
      t.strictSame(validationOf(numbered(held), 80, noising, key(1)), all, 'the same again')
      t.notSame(validationOf(numbered(held), 80, noising, key(2))[0]?.noise, all[0]?.noise)
    }
  },
)
