/** CIFAR-10 from files in its binary version, and every way in which they can be wrong. */
import { truncateSync } from 'node:fs'
import { rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import t from 'tap'
import { cifar10 } from '../../src/data/cifar10.ts'
import { whenOpened } from '../io/failing.ts'
import { folderOf, right } from './dataset.ts'
import { bytes, cifarFile, cifarFiles } from './files.ts'

t.test('cifar10: planes become channels, five files are the training set, the sixth is held out', async (t) => {
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
  t.same(
    [20, 21, 22, 23].map((i) => bytes(set.image(i))[0]),
    [60, 61, 62, 63],
    'held out is what test_batch holds',
  )
  t.same(set.notices, [])
  const small = right(await cifar10(folder, 16, 4)())
  t.same(bytes(small.image(5)).slice(0, 6), [21, 1, 1, 21, 3, 1], 'smaller images average areas')
})

t.test('cifar10: missing, truncated, foreign and invalid files are named', async (t) => {
  const folder = await folderOf(t, cifarFiles(2))
  const error = async (size = 32, records?: number): Promise<string> => {
    const set = await cifar10(folder, size, records)()
    return E.isLeft(set) ? set.left : 'no error'
  }
  t.equal(await error(), `${folder}/data_batch_1.bin holds 6146 bytes: expected 30730000, 10000 records of 3073`)
  t.equal(await error(64), 'CIFAR-10 images are 32 x 32: expected a size of at most 32, found 64')
  t.equal(right(await cifar10(folder, 32, 2)()).classes[0], 'airplane', 'without batches.meta.txt')
  await truncate(join(folder, 'data_batch_3.bin'), 6145)
  t.equal(await error(32, 2), `${folder}/data_batch_3.bin holds 6145 bytes: expected 6146, 2 records of 3073`)
  await rm(join(folder, 'data_batch_2.bin'))
  t.match(await error(32, 2), /^cannot read .*data_batch_2.bin: no such file or folder: expected the binary version/)
  const wrong = await folderOf(t, { ...cifarFiles(1), 'data_batch_1.bin': cifarFile(1, 1).fill(77, 0, 1) })
  t.same(await cifar10(wrong, 32, 1)(), E.left(`${wrong}/data_batch_1.bin: record 0 has label 77, expected 0 to 9`))
})

t.test('cifar10: a file that changes between the check of its size and its reading is named', async (t) => {
  const folder = await folderOf(t, cifarFiles(2))
  const path = join(folder, 'data_batch_2.bin')
  const shrinks = whenOpened(path, () => truncateSync(path, 4000))
  t.teardown(shrinks.restore)
  t.same(await cifar10(folder, 32, 2)(), E.left(`${path} holds 4000 bytes: expected 6146, 2 records of 3073`))
})

t.test('cifar10: anything but ten names falls back to the default names, with a notice', async (t) => {
  const folder = await folderOf(t, { ...cifarFiles(1), 'batches.meta.txt': 'cat\ndog\n' })
  const set = right(await cifar10(folder, 32, 1)())
  t.equal(set.classes[3], 'cat')
  t.same(set.notices, [`${folder}/batches.meta.txt does not hold ten names: the classes have their usual ones`])
})
