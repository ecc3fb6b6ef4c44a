/** IDX files as MNIST's family publishes them, plain and zipped, and every way in which they can be wrong. */
import { existsSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { idx } from '../../src/data/idx.ts'
import { folderOf, right } from './dataset.ts'
import { bytes, idxFile, idxFiles, ramp } from './files.ts'

for (const zip of [false, true])
  t.test(`idx, ${zip ? 'gzipped' : 'plain'}: greyscale images, padded with black if smaller`, async (t) => {
    const folder = await folderOf(t, idxFiles(zip))
    const set = right(await idx(folder, 4)())
    t.same([set.count, set.size, set.channels, set.classes], [4, 4, 1, ['0', '1', '2']])
    t.same(bytes(set.image(1)), ramp(48).slice(16, 32))
    t.same(set.train, [[[1]], [[2]], [[0]]])
    t.same(set.heldOut, [[], [[3]], []])
    t.same(bytes(set.image(3)), ramp(16))
    t.same(set.notices, [])
    t.same(set.flips, [false, false, false])
    const moved = right(await idx(await folderOf(t, idxFiles(zip)), 4)())
    t.equal(moved.fingerprint, set.fingerprint, 'a folder may move')
    const larger = right(await idx(folder, 6)())
    const rows = bytes(larger.image(0))
    t.same(rows.slice(0, 6), [0, 0, 0, 0, 0, 0])
    t.same(rows.slice(6, 12), [0, 1, 2, 3, 4, 0])
    t.same(rows.slice(30), [0, 0, 0, 0, 0, 0])
    t.same(bytes(right(await idx(folder, 2)()).image(0)), [4, 6, 12, 14], 'smaller images average areas')
  })

t.test('idx: missing, truncated, corrupt, foreign and mismatched files are named', async (t) => {
  const error = async (change: Readonly<Record<string, Uint8Array>>, without = ''): Promise<string> => {
    const files = { ...idxFiles(false), ...change }
    const folder = await folderOf(t, Object.fromEntries(Object.entries(files).filter(([name]) => name !== without)))
    const set = await idx(folder, 4)()
    return E.isLeft(set) ? set.left.replaceAll(folder, 'DIR') : 'no error'
  }
  const [images, labels] = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'] as const
  t.equal(await error({}, images), 'DIR holds no train-images-idx3-ubyte: expected the four files of the MNIST family')
  t.equal(
    await error({ [images]: idxFile([3, 4, 4], ramp(40)) }),
    `DIR/${images} holds 40 bytes after its header: expected 48 for 3 x 4 x 4`,
  )
  t.match(
    await error({ [images]: Uint8Array.of(1, 2, 3) }),
    /^DIR\/train-images-idx3-ubyte is not an IDX file of bytes with 3 axes/,
  )
  t.match(await error({ [labels]: idxFile([1, 3], [0, 0, 0]) }), /not an IDX file of bytes with 1 axes/)
  const zipped = gzipSync(idxFile([3], [2, 0, 1]))
  t.equal(await error({ [labels]: zipped.subarray(0, 20) }), `DIR/${labels} cannot be unzipped: it is torn`)
  t.equal(
    await error({ [labels]: idxFile([2], [0, 0]) }),
    `DIR/${images} holds 3 images, but DIR/${labels} 2 labels: expected as many`,
  )
  t.match(await error({ [images]: idxFile([3, 4, 2], ramp(24)) }), /holds images of 2 x 4: expected squares/)
  t.equal(
    await error({ 't10k-labels-idx1-ubyte': idxFile([1], [9]) }),
    'DIR: held-out label 9 is not among the training labels',
  )
  t.match(
    await error({ 'emnist-train-images-idx3-ubyte': idxFile([3, 4, 4], ramp(48)) }),
    /holds several files of train images/,
  )
  t.equal(
    await error({ [images]: idxFile([0, 4, 4], []), [labels]: idxFile([0], []) }),
    'DIR holds no training images: expected at least one',
  )
  t.same(await idx('/nowhere', 4)(), E.left('cannot read /nowhere: no such file or folder'))
})

/** What becomes of these labels, each with an image of its own. */
const labelled = async (t: Parameters<typeof folderOf>[0], train: readonly number[], test: readonly number[]) => {
  const folder = await folderOf(t, {
    'train-images-idx3-ubyte': idxFile([train.length, 1, 1], train),
    'train-labels-idx1-ubyte': idxFile([train.length], train),
    't10k-images-idx3-ubyte': idxFile([test.length, 1, 1], test),
    't10k-labels-idx1-ubyte': idxFile([test.length], test),
  })
  const set = await idx(folder, 1)()
  return E.isLeft(set) ? set.left.replaceAll(folder, 'DIR') : set.right
}

t.test('idx: labels 1 to n are n classes of these names', async (t) => {
  const set = await labelled(t, [3, 1, 2, 1], [2, 3])
  if (typeof set === 'string') throw new Error(set)
  t.same(set.classes, ['1', '2', '3'])
  t.same(set.train, [[[1], [3]], [[2]], [[0]]])
  t.same(set.heldOut, [[], [[4]], [[5]]])
  t.same(
    Array.from({ length: set.count }, (_, i) => set.label(i)),
    [2, 0, 1, 0, 1, 2],
  )
  t.same(set.notices, [])
})

t.test('idx: a label without training images is not a class, with a notice; if held out it is an error', async (t) => {
  const set = await labelled(t, [7, 3], [3])
  if (typeof set === 'string') throw new Error(set)
  t.same(set.classes, ['3', '7'])
  t.same([set.label(0), set.label(1), set.label(2)], [1, 0, 0])
  t.match(set.notices, [/^\/.*: no training image has the label 0, 1, 2, 4 and 2 more, so there is no such class$/])
  t.equal(await labelled(t, [0, 2], [1]), 'DIR: held-out label 1 is not among the training labels')
})

t.test(
  'idx: a gzipped file never decompresses to more than its header says, nor claims more than it can hold',
  async (t) => {
    const error = async (images: Uint8Array): Promise<string> => {
      const folder = await folderOf(t, { ...idxFiles(true), 'train-images-idx3-ubyte.gz': images })
      const set = await idx(folder, 4)()
      return E.isLeft(set) ? set.left.replaceAll(folder, 'DIR') : 'no error'
    }
    const name = 'DIR/train-images-idx3-ubyte.gz'
    const bomb = idxFile([3, 4, 4], [])
    t.equal(
      await error(gzipSync(Buffer.concat([bomb, Buffer.alloc(50_000_000)]))),
      `${name} holds more than the 64 bytes that it says`,
    )
    t.match(
      await error(gzipSync(idxFile([2 ** 32 - 1, 2 ** 32 - 1, 4], ramp(16)))),
      /^DIR\/train-images-idx3-ubyte.gz cannot hold the \d+ bytes that it says: they would take more than its \d+ zipped$/,
    )
    t.equal(
      await error(gzipSync(idxFile([3, 4, 4], ramp(40)))),
      `${name} holds 40 bytes after its header: expected 48 for 3 x 4 x 4`,
    )
    t.match(await error(gzipSync(Uint8Array.of(0, 0))), /is not an IDX file of bytes with 3 axes/)
  },
)

const debian = '/usr/share/datasets/fashion-mnist'
t.test(
  'idx: Fashion-MNIST as published, 28 x 28 padded to 32 x 32',
  { skip: existsSync(debian) ? false : `the Debian package dataset-fashion-mnist is not installed (${debian})` },
  async (t) => {
    const set = right(await idx(debian, 32)())
    t.same([set.count, set.size, set.channels, set.classes[9]], [70_000, 32, 1, 'Ankle boot'])
    t.same(
      set.train.map((items) => items.length),
      Array.from({ length: 10 }, () => 6000),
    )
    t.same(
      set.heldOut.map((items) => items.length),
      Array.from({ length: 10 }, () => 1000),
    )
    t.equal(set.label(0), 9)
    const boot = bytes(set.image(0))
    t.ok(boot.slice(0, 64).every((x) => x === 0) && boot.slice(-64).every((x) => x === 0))
    t.ok(boot.reduce((a, b) => a + b, 0) > 50_000)
  },
)
