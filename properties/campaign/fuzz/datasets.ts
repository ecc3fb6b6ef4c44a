/** IDX files, plain and zipped, and CIFAR-10, through what opens data sets for the commands. */
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { bytes, cifarFiles, idxFile, idxFiles, ramp } from '../../../spec/data/files.ts'
import { cifar10 } from '../../../src/data/cifar10.ts'
import type { Dataset } from '../../../src/data/dataset.ts'
import { open } from '../../../src/data/open.ts'
import { accepted, type Files, type Format, refused, wrong } from './format.ts'
import { type Change, changes } from './mutation.ts'

const changed = (files: Files, name: string, change: Change): Files => ({
  ...files,
  [name]: change(files[name] ?? new Uint8Array()),
})
/** One file of a set, or sometimes two, changed. */
const changedSets = (valid: readonly Files[], change: fc.Arbitrary<Change>): fc.Arbitrary<Files> =>
  fc
    .constantFrom(...valid)
    .chain((files) =>
      fc
        .array(fc.tuple(fc.constantFrom(...Object.keys(files)), change), { minLength: 1, maxLength: 2 })
        .map((all) => all.reduce((set, [name, one]) => changed(set, name, one), files)),
    )

/** [class, ...bytes] of every image of a part, in the order of its file. */
const held = (set: Dataset, part: 'train' | 'heldOut'): string =>
  set[part]
    .flat(2)
    .sort((a, b) => a - b)
    .map((i) => [set.classes[set.label(i)], ...bytes(set.image(i))].join())
    .join(';')

// ---------------------------------------------------------------------------------------------------------- IDX
const side = 4
const larger = {
  'train-images-idx3-ubyte': idxFile([40, side, side], ramp(640)),
  'train-labels-idx1-ubyte': idxFile(
    [40],
    Array.from({ length: 40 }, (_, i) => (i % 10) + 1),
  ),
  't10k-images-idx3-ubyte': idxFile([10, side, side], ramp(160)),
  't10k-labels-idx1-ubyte': idxFile(
    [10],
    Array.from({ length: 10 }, (_, i) => i + 1),
  ),
}
const zipped = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, file]) => [`${name}.gz`, gzipSync(file)]))
/** Changes what is inside, so that the checksum is right; of what cannot be unzipped, the bytes. */
const inside =
  (change: Change): Change =>
  (file) =>
    pipe(
      E.tryCatch(
        () => gunzipSync(file),
        () => change(file),
      ),
      E.match(
        (bytes) => bytes,
        (bytes): Uint8Array => gzipSync(change(bytes)),
      ),
    )

const content = (files: Files, name: string): Uint8Array => {
  const file = files[name] ?? files[`${name}.gz`] ?? new Uint8Array()
  return file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : file
}
const expected = (files: Files, part: 'train' | 't10k'): string => {
  const pictures = content(files, `${part}-images-idx3-ubyte`).subarray(16)
  return Array.from(content(files, `${part}-labels-idx1-ubyte`).subarray(8), (label, i) =>
    [label, ...pictures.subarray(i * side * side, (i + 1) * side * side)].join(),
  ).join(';')
}
const readIdx: Format['read'] = async (folder, files) => {
  const set = await open(`idx:${folder}`, side)()
  if (E.isLeft(set)) return refused(set.left)
  const asked = Buffer.from(content(files, 'train-images-idx3-ubyte')).readUInt32BE(8)
  if (asked !== side) return accepted // framed or averaged: laws of their own
  return held(set.right, 'train') !== expected(files, 'train')
    ? wrong('other training images')
    : held(set.right, 'heldOut') !== expected(files, 't10k')
      ? wrong('other held-out images')
      : accepted
}
const plain: readonly Files[] = [idxFiles(false), larger]
const gzipped: readonly Files[] = [idxFiles(true), zipped(larger)]

export const idxPlain: Format = { name: 'idx', valid: plain, inputs: changedSets(plain, changes), read: readIdx }
export const idxGzip: Format = {
  name: 'idx.gz',
  valid: gzipped,
  inputs: changedSets(gzipped, fc.oneof(changes, changes.map(inside))),
  read: readIdx,
}

// ----------------------------------------------------------------------------------------------------- CIFAR-10
const records = 1
const cifarSets: readonly Files[] = [
  cifarFiles(records),
  { ...cifarFiles(records), 'batches.meta.txt': Buffer.from('a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n') },
]
const picturesOf = (set: Dataset, files: Files, names: readonly string[]): string =>
  names
    .map((name) => {
      const file = files[name] ?? new Uint8Array()
      const pixels = Array.from({ length: 3072 }, (_, i) => file[1 + (i % 3) * 1024 + Math.floor(i / 3)])
      return [set.classes[file[0] ?? Number.NaN], ...pixels].join()
    })
    .join(';')
const trained = [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`)

export const cifar: Format = {
  name: 'cifar10',
  valid: cifarSets,
  inputs: changedSets(cifarSets, changes),
  read: async (folder, files) => {
    const set = await cifar10(folder, 32, records)()
    if (E.isLeft(set)) return refused(set.left)
    return held(set.right, 'train') === picturesOf(set.right, files, trained) &&
      held(set.right, 'heldOut') === picturesOf(set.right, files, ['test_batch.bin'])
      ? accepted
      : wrong('other images')
  },
}
