/** Data sets from files in their published formats, made here, and every way in which the files can be wrong. */
import { existsSync } from 'node:fs'
import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import sharp from 'sharp'
import t from 'tap'
import { cifar10 } from '../../src/data/cifar10.ts'
import { idx } from '../../src/data/idx.ts'
import { imageFolder } from '../../src/data/imageFolder.ts'
import { open } from '../../src/data/open.ts'
import { folderOf, right } from './dataset.ts'

// -------------------------------------------------------------------------------------------------------- CIFAR-10
/** Record i of file f: label (f + i) % 10; red is 10 f + i, green counts the columns, blue the rows. */
const cifarFile = (f: number, records: number): Uint8Array => {
  const plane = (value: (x: number, y: number) => number): readonly number[] =>
    Array.from({ length: 1024 }, (_, p) => value(p % 32, Math.floor(p / 32)))
  return Uint8Array.from(
    Array.from({ length: records }, (_, i) => [
      (f + i) % 10,
      ...plane(() => 10 * f + i),
      ...plane((x) => x),
      ...plane((_, y) => y),
    ]).flat(),
  )
}
const cifarFiles = (records: number): Record<string, Uint8Array> =>
  Object.fromEntries([
    ...[1, 2, 3, 4, 5].map((f) => [`data_batch_${f}.bin`, cifarFile(f, records)] as const),
    ['test_batch.bin', cifarFile(6, records)],
  ])
const bytes = (image: Float32Array): readonly number[] => Array.from(image, (x) => Math.round((x + 1) * 127.5))

t.test('cifar10: planes become channels, five files are trained on, the sixth is held out', async (t) => {
  const folder = await folderOf(t, { ...cifarFiles(4), 'batches.meta.txt': `${'abcdefghij'.split('').join('\n')}\n\n` })
  const set = right(await cifar10(folder, 32, 4)())
  t.same([set.count, set.size, set.channels, set.balanced], [24, 32, 3, false])
  t.same(set.classes, 'abcdefghij'.split(''))
  t.equal(set.label(5), 3)
  t.same(bytes(set.image(5)).slice(0, 6), [21, 0, 0, 21, 1, 0])
  t.same(bytes(set.image(5)).slice(-3), [21, 31, 31])
  t.same(
    set.train.flat(2).sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, i) => i),
  )
  t.same(
    set.heldOut.map((items) => items.flat()),
    [[], [], [], [], [], [], [20], [21], [22], [23]],
  )
  const small = right(await cifar10(folder, 16, 4)())
  t.same(bytes(small.image(5)).slice(0, 6), [21, 1, 1, 21, 3, 1], 'smaller pictures average areas')
})

t.test('cifar10: missing, cut, foreign and impossible files are named', async (t) => {
  const folder = await folderOf(t, cifarFiles(2))
  const error = async (size = 32, records?: number): Promise<string> => {
    const set = await cifar10(folder, size, records)()
    return E.isLeft(set) ? set.left : 'no error'
  }
  t.equal(await error(), `${folder}/data_batch_1.bin holds 6146 bytes: expected 30730000, 10000 records of 3073`)
  t.equal(await error(64), 'CIFAR-10 pictures are 32 x 32: expected a size of at most 32, found 64')
  t.equal(right(await cifar10(folder, 32, 2)()).classes[0], 'airplane', 'without batches.meta.txt')
  await truncate(join(folder, 'data_batch_3.bin'), 6145)
  t.equal(await error(32, 2), `${folder}/data_batch_3.bin holds 6145 bytes: expected 6146, 2 records of 3073`)
  await rm(join(folder, 'data_batch_2.bin'))
  t.match(await error(32, 2), /^cannot read .*data_batch_2.bin: no such file or folder: expected the binary version/)
  const wrong = await folderOf(t, { ...cifarFiles(1), 'data_batch_1.bin': cifarFile(1, 1).fill(77, 0, 1) })
  t.same(await cifar10(wrong, 32, 1)(), E.left(`${wrong}/data_batch_1.bin: record 0 has label 77, expected 0 to 9`))
})

// ------------------------------------------------------------------------------------------------------------- IDX
const idxFile = (shape: readonly number[], data: readonly number[]): Uint8Array => {
  const file = new Uint8Array(4 + 4 * shape.length + data.length)
  const view = new DataView(file.buffer)
  view.setUint32(0, 0x0800 + shape.length)
  shape.forEach((n, i) => {
    view.setUint32(4 + 4 * i, n)
  })
  file.set(data, 4 + 4 * shape.length)
  return file
}
const ramp = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => (i % 250) + 1)
const idxFiles = (zip: boolean): Record<string, Uint8Array> => {
  const files = {
    'train-images-idx3-ubyte': idxFile([3, 4, 4], ramp(48)),
    'train-labels-idx1-ubyte': idxFile([3], [2, 0, 2]),
    't10k-images-idx3-ubyte': idxFile([1, 4, 4], ramp(16)),
    't10k-labels-idx1-ubyte': idxFile([1], [1]),
  }
  return Object.fromEntries(
    Object.entries(files).map(([name, file]) => (zip ? [`${name}.gz`, gzipSync(file)] : [name, file])),
  )
}

for (const zip of [false, true])
  t.test(`idx, ${zip ? 'gzipped' : 'plain'}: grey pictures, a black frame where they are smaller`, async (t) => {
    const folder = await folderOf(t, idxFiles(zip))
    const set = right(await idx(folder, 4)())
    t.same([set.count, set.size, set.channels, set.classes], [4, 4, 1, ['0', '1', '2']])
    t.same(bytes(set.image(1)), ramp(48).slice(16, 32))
    t.same(set.train, [[[1]], [], [[0], [2]]])
    t.same(set.heldOut, [[], [[3]], []])
    t.same(set.flips, [false, false, false])
    const moved = right(await idx(await folderOf(t, idxFiles(zip)), 4)())
    t.equal(moved.fingerprint, set.fingerprint, 'a folder may move')
    const larger = right(await idx(folder, 6)())
    const rows = bytes(larger.image(0))
    t.same(rows.slice(0, 6), [0, 0, 0, 0, 0, 0])
    t.same(rows.slice(6, 12), [0, 1, 2, 3, 4, 0])
    t.same(rows.slice(30), [0, 0, 0, 0, 0, 0])
    t.same(bytes(right(await idx(folder, 2)()).image(0)), [4, 6, 12, 14], 'smaller pictures average areas')
  })

t.test('idx: missing, cut, torn, foreign and unequal files are named', async (t) => {
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
  const zipped = gzipSync(idxFile([3], [2, 0, 2]))
  t.equal(await error({ [labels]: zipped.subarray(0, 20) }), `DIR/${labels} cannot be unzipped: it is torn`)
  t.equal(
    await error({ [labels]: idxFile([2], [0, 0]) }),
    `DIR/${images} holds 3 pictures, but DIR/${labels} 2 labels: expected as many`,
  )
  t.match(await error({ [images]: idxFile([3, 4, 2], ramp(24)) }), /holds pictures of 2 x 4: expected squares/)
  t.equal(
    await error({ 't10k-labels-idx1-ubyte': idxFile([1], [9]) }),
    'DIR: held-out label 9 is not among the training labels',
  )
  t.match(
    await error({ 'emnist-train-images-idx3-ubyte': idxFile([3, 4, 4], ramp(48)) }),
    /holds several files of train images/,
  )
  t.same(await idx('/nowhere', 4)(), E.left('cannot read /nowhere: no such file or folder'))
})

const debian = '/usr/share/datasets/fashion-mnist'
t.test(
  'idx: Fashion-MNIST as published, 28 x 28 framed to 32 x 32',
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

// ---------------------------------------------------------------------------------------------------- image folder
const flat = (background: string, width: number, height: number, format: 'png' | 'jpeg' | 'webp'): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 4, background } })
    .toFormat(format)
    .toBuffer()

t.test(
  'folder: a class for each sub-folder, in order; squares from the middle, transparency on white, greys in colour',
  async (t) => {
    const wide = await sharp({ create: { width: 30, height: 10, channels: 3, background: '#f00' } })
      .composite([{ input: await flat('#00f', 10, 10, 'png'), left: 10, top: 0 }])
      .png()
      .toBuffer()
    const grey = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#808080' } })
      .greyscale()
      .png()
      .toBuffer()
    const folder = await folderOf(t, {
      'b/2.png': wide,
      'b/1.jpg': await flat('#0f0', 9, 20, 'jpeg'),
      'a/x.webp': await flat('#00000000', 5, 5, 'webp'),
      'a/grey.PNG': grey,
      'a/notes.txt': 'not a picture',
      '.hidden/x': '',
      'readme.txt': '',
    })
    const set = right(await imageFolder(folder, 4)())
    t.same([set.classes, set.count, set.channels], [['a', 'b'], 4, 3])
    t.same(
      [0, 1, 2, 3].map((i) => set.label(i)),
      [0, 0, 1, 1],
    )
    t.same(bytes(set.image(0)).slice(0, 3), [128, 128, 128])
    t.same(bytes(set.image(1)).slice(0, 3), [255, 255, 255])
    t.ok((bytes(set.image(2))[1] ?? 0) > 250)
    const middle = bytes(set.image(3)).slice(15, 21)
    t.ok(
      [0, 0, 255, 0, 0, 255].every((x, i) => Math.abs(x - (middle[i] ?? 0)) < 20),
      `the middle is blue: ${middle}`,
    )
    t.same(set.train.flat(2).length + set.heldOut.flat(2).length, 4)
  },
)

t.test('folder: nothing there, an empty class, a broken picture are named', async (t) => {
  const error = async (files: Readonly<Record<string, Uint8Array | string>>): Promise<string> => {
    const folder = await folderOf(t, files)
    const set = await imageFolder(folder, 4)()
    return E.isLeft(set) ? set.left.replaceAll(folder, 'DIR') : 'no error'
  }
  t.equal(await error({ 'a.png': '' }), 'DIR holds no folders: expected one folder of pictures for each class')
  t.match(await error({ 'a/x.txt': '' }), /^DIR\/a holds no pictures: expected png/)
  t.match(await error({ 'a/x.png': 'broken' }), /^cannot read the picture DIR\/a\/x.png: /)
  t.same(await imageFolder('/nowhere', 4)(), E.left('cannot read /nowhere: no such file or folder'))
})

// ------------------------------------------------------------------------------------------------------------ open
t.test('open: kinds by name, and a sentence for names that are none', async (t) => {
  const folder = await folderOf(t, { ...idxFiles(false), 'a/1.png': await flat('#fff', 3, 3, 'png') })
  t.equal(right(await open(`idx:${folder}`, 4)()).channels, 1)
  t.same(right(await open(`folder:${folder}`, 4)()).classes, ['a'])
  t.match(await open(`cifar10:${folder}`, 32)(), { left: /data_batch_1.bin: no such file/ })
  t.same(
    await open('emojis', 32)(),
    E.left('unknown data "emojis": expected one of emoji, cifar10:DIR, idx:DIR, folder:DIR; did you mean emoji?'),
  )
  t.match(await open('cifar:x', 32)(), { left: /did you mean cifar10\?/ })
  t.match(await open('toString', 32)(), { left: /unknown data "toString"/ })
  t.same(await open('idx', 32)(), E.left('data "idx" names no folder: expected idx:DIR'))
  t.same(await open('emoji:x', 32)(), E.left('data "emoji:x": emoji takes no folder'))
  t.same(await open('folder:x', 0)(), E.left('pictures cannot be 0 x 0: expected 1 to 4096'))
})
