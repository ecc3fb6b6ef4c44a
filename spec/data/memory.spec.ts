/** A data set of one's own, in memory. */
import t from 'tap'
import { batches, dataset, validation } from '../../src/data/index.ts'
import { key } from '../../src/random/key.ts'

const parts = {
  name: 'mine',
  classes: ['dark', 'light'],
  channels: 1 as const,
  size: 2,
  pixels: Uint8Array.from({ length: 4 * 32 }, (_, i) => (Math.floor(i / 4) % 2 === 0 ? 0 : 255)),
  labels: Uint8Array.from({ length: 32 }, (_, i) => i % 2),
}

t.test('a data set from pixels and labels: one in sixteen of every class is held out, none is mirrored', async (t) => {
  const mine = dataset(parts)
  t.same([mine.count, mine.size, mine.channels, mine.balanced, mine.flips], [32, 2, 1, false, [false, false]])
  t.same(
    mine.heldOut.map((items) => items.length),
    [1, 1],
  )
  t.same(
    [...mine.train, ...mine.heldOut].flat(2).sort((a, b) => a - b),
    [...Array(32).keys()],
  )
  const { images, labels } = batches(mine, key(1))(0, 30)
  t.equal(images.length, 30 * 4)
  t.ok(labels.every((label, i) => images.subarray(4 * i, 4 * i + 4).every((x) => x === (label === 0 ? -1 : 1))))
  t.same(validation(mine, key(1), 9).labels, [0, 1])
})

t.test('equal content has equal fingerprints, in any order of the fields and under any name', async (t) => {
  const { labels, pixels, ...about } = parts
  const again = dataset({ labels, pixels, balanced: false, ...about, name: 'another', notices: ['moved'] })
  t.equal(again.fingerprint, dataset(parts).fingerprint)
  t.not(dataset({ ...parts, balanced: true }).fingerprint, again.fingerprint)
})

t.test('parts that do not fit together are an error', async (t) => {
  const refused = (changed: object): unknown => t.throws(() => dataset({ ...parts, ...changed }), RangeError)
  t.match(refused({ pixels: parts.pixels.subarray(1) }), {
    message: 'mine: 127 bytes of pixels: expected 128, for 32 labels and images of 2 x 2 x 1',
  })
  t.match(refused({ classes: ['dark'] }), {
    message: 'mine: label 1 is 1: expected less than 1, the number of classes',
  })
  t.match(refused({ flips: [true] }), { message: 'mine: flips has 1 entries: expected 2, one per class' })
})
