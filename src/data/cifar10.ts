/**
 * CIFAR-10 in its binary version: records of one label byte, then 32 x 32 planes of red, green and blue. The five
 * data_batch files are the training set, test_batch is held out. Other versions (Python, Matlab) are not supported.
 */

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { element } from '../codec/element.ts'
import { readBytes } from '../io/atomic.ts'
import { reason } from '../io/reason.ts'
import { type Dataset, dataset, singles } from './dataset.ts'
import { average } from './resize.ts'

const side = 32
const plane = side * side
const record = 1 + 3 * plane
const usual = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']
const trained = [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`)
const files = [...trained, 'test_batch.bin']

const sized = (path: string, bytes: number, records: number): E.Either<string, void> =>
  bytes === records * record
    ? E.right(undefined)
    : E.left(`${path} holds ${bytes} bytes: expected ${records * record}, ${records} records of ${record}`)

const checked =
  (path: string, records: number) =>
  (bytes: Uint8Array): E.Either<string, Uint8Array> => {
    const wrong = Array.from({ length: records }, (_, i) => i).find((i) => element(bytes, i * record) > 9)
    return wrong === undefined
      ? E.right(bytes)
      : E.left(`${path}: record ${wrong} has label ${bytes[wrong * record]}, expected 0 to 9`)
  }

/** Planar to channels-last. */
const interleaved = (planes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(3 * plane)
  for (let c = 0; c < 3; c++) for (let p = 0; p < plane; p++) out[3 * p + c] = element(planes, c * plane + p)
  return out
}

interface Names {
  readonly classes: readonly string[]
  readonly notices: readonly string[]
}

/** Ten names, one per line; if the file holds anything else, the default names and a notice. */
const names = (folder: string): TE.TaskEither<never, Names> => {
  const path = join(folder, 'batches.meta.txt')
  return pipe(
    readBytes(path),
    TE.map((bytes) =>
      new TextDecoder()
        .decode(bytes)
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    ),
    TE.map(
      (classes): Names =>
        classes.length === 10
          ? { classes, notices: [] }
          : { classes: usual, notices: [`${path} does not hold ten names: the classes have their usual ones`] },
    ),
    TE.orElse((): TE.TaskEither<never, Names> => TE.right({ classes: usual, notices: [] })),
  )
}

/** A file of records, whose size is checked before it is read. */
const load = (path: string, records: number): TE.TaskEither<string, Uint8Array> =>
  pipe(
    TE.tryCatch(
      () => stat(path),
      (error) => `cannot read ${path}: ${reason(error)}`,
    ),
    TE.mapLeft((what) => `${what}: expected the binary version of CIFAR-10 (${files.join(', ')})`),
    TE.chainEitherK(({ size }) => sized(path, size, records)),
    TE.chain(() => readBytes(path)),
    TE.chainFirstEitherK(({ length }) => sized(path, length, records)),
    TE.chainEitherK(checked(path, records)),
  )

/**
 * CIFAR-10: the six files of a folder as images of size x size pixels of 3 channels; the error is one sentence that names the file.
 * @param size height and width, at most 32 pixels
 * @param records per file: 10,000 in the published ones
 */
export const cifar10 = (folder: string, size: number, records = 10_000): TE.TaskEither<string, Dataset> =>
  pipe(
    TE.fromEither(
      Number.isInteger(size) && size >= 1 && size <= side
        ? E.right(files)
        : E.left(`CIFAR-10 images are ${side} x ${side}: expected a size of at most ${side}, found ${size}`),
    ),
    TE.chain(TE.traverseSeqArray((file) => load(join(folder, file), records))),
    TE.bindTo('parts'),
    TE.bindW('names', () => names(folder)),
    TE.map(({ parts, names: { classes, notices } }) => {
      const each = size * size * 3
      const pixels = new Uint8Array(parts.length * records * each)
      const labels = new Uint8Array(parts.length * records)
      parts.forEach((part, f) => {
        for (let i = 0; i < records; i++) {
          const start = i * record
          labels[f * records + i] = element(part, start)
          const picture = interleaved(part.subarray(start + 1, start + record))
          pixels.set(average(picture, side, size, 3), (f * records + i) * each)
        }
      })
      const trainCount = trained.length * records
      return dataset({
        name: 'cifar10',
        classes,
        channels: 3,
        size,
        flips: classes.map(() => true),
        balanced: false,
        split: {
          train: singles(labels, 10, 0, trainCount),
          heldOut: singles(labels, 10, trainCount, labels.length),
        },
        notices,
        pixels,
        labels,
      })
    }),
  )
