/**
 * IDX files, the format of MNIST and its family: a magic number, big-endian sizes, bytes; gzipped or not. The train
 * files are trained on, the t10k (or test) files are held out.
 *
 * Pictures are grey, never mirrored (digits, letters, and shoes that all point left), and get a frame of black, which
 * is the background throughout the family, where they are smaller than asked for.
 */
import { basename, join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readBytes } from '../io/atomic.ts'
import { type Dataset, dataset, singles } from './dataset.ts'
import { list } from './folder.ts'
import { average, framed } from './resize.ts'

const fashion = ['T-shirt', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot']

interface Array1 {
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}
interface Pictures {
  readonly side: number
  readonly bytes: Uint8Array
  readonly labels: Uint8Array
}

const unzipped = (path: string, bytes: Uint8Array): E.Either<string, Uint8Array> =>
  bytes[0] === 0x1f && bytes[1] === 0x8b
    ? E.tryCatch(
        () => gunzipSync(bytes),
        () => `${path} cannot be unzipped: it is torn`,
      )
    : E.right(bytes)

/** An array of bytes of `rank` axes. */
const parsed = (path: string, rank: number, file: Uint8Array): E.Either<string, Array1> => {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const start = 4 + 4 * rank
  const magic = 0x0800 + rank
  if (file.length < start || view.getUint32(0) !== magic)
    return E.left(`${path} is not an IDX file of bytes with ${rank} axes: expected it to begin with 0x0000080${rank}`)
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
  const size = shape.reduce((a, b) => a * b, 1)
  return file.length - start === size
    ? E.right({ shape, bytes: file.subarray(start) })
    : E.left(`${path} holds ${file.length - start} bytes after its header: expected ${size} for ${shape.join(' x ')}`)
}

const load = (path: string, rank: number): TE.TaskEither<string, Array1> =>
  pipe(
    readBytes(path),
    TE.chainEitherK((bytes) => unzipped(path, bytes)),
    TE.chainEitherK((bytes) => parsed(path, rank, bytes)),
  )

/** The one file of a part: train-images-idx3-ubyte, with a dot for the hyphen, .gz after, or a prefix before it. */
const found = (
  folder: string,
  all: readonly string[],
  part: 'train' | 't10k',
  what: 'images' | 'labels',
): E.Either<string, string> => {
  const rank = what === 'images' ? 3 : 1
  const prefix = part === 'train' ? 'train' : '(t10k|test)'
  const matching = all.filter((name) => new RegExp(`(^|-)${prefix}-${what}[-.]idx${rank}-ubyte(\\.gz)?$`).test(name))
  const plain = matching.filter((name) => !(name.endsWith('.gz') && matching.includes(name.slice(0, -3))))
  const [name] = plain
  if (name === undefined)
    return E.left(`${folder} holds no ${part}-${what}-idx${rank}-ubyte: expected the four files of the MNIST family`)
  return plain.length === 1
    ? E.right(join(folder, name))
    : E.left(`${folder} holds several files of ${part} ${what} (${plain.join(', ')}): expected one`)
}

const half = (folder: string, all: readonly string[], part: 'train' | 't10k'): TE.TaskEither<string, Pictures> =>
  pipe(
    TE.Do,
    TE.bind('imagesFile', () => TE.fromEither(found(folder, all, part, 'images'))),
    TE.bind('labelsFile', () => TE.fromEither(found(folder, all, part, 'labels'))),
    TE.bind('images', ({ imagesFile }) => load(imagesFile, 3)),
    TE.bind('labels', ({ labelsFile }) => load(labelsFile, 1)),
    TE.chainEitherK(({ imagesFile, labelsFile, images, labels }) => {
      const [count, height, width] = images.shape
      if (height === undefined || height !== width || height === 0)
        return E.left(`${imagesFile} holds pictures of ${width} x ${height}: expected squares`)
      return count === labels.shape[0]
        ? E.right({ side: height, bytes: images.bytes, labels: labels.bytes })
        : E.left(`${imagesFile} holds ${count} pictures, but ${labelsFile} ${labels.shape[0]} labels: expected as many`)
    }),
  )

/** Fashion-MNIST by its folder's name, or by its counts: 6000 of each of ten classes (as Kuzushiji-MNIST has too). */
const namesOf = (folder: string, labels: Uint8Array): readonly string[] => {
  const counts = new Uint32Array(Math.max(-1, ...new Set(labels)) + 1)
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  const name = basename(resolve(folder)).toLowerCase()
  const even = counts.length === 10 && counts.every((n) => n === 6000) && !/kmnist|kuzushiji|emnist/.test(name)
  return counts.length === 10 && (name.includes('fashion') || even) ? fashion : Array.from(counts, (_, i) => String(i))
}

export const idx = (folder: string, size: number): TE.TaskEither<string, Dataset> =>
  pipe(
    list(folder),
    TE.map((entries) => entries.filter((entry) => !entry.folder).map(({ name }) => name)),
    TE.bindTo('all'),
    TE.bind('train', ({ all }) => half(folder, all, 'train')),
    TE.bind('test', ({ all }) => half(folder, all, 't10k')),
    TE.chainEitherK(({ train, test }) => {
      if (train.side !== test.side)
        return E.left(
          `${folder}: training pictures are ${train.side} x ${train.side}, held-out ones ${test.side} x ${test.side}`,
        )
      const side = train.side
      const each = size * size
      const labels = new Uint8Array(train.labels.length + test.labels.length)
      labels.set(train.labels)
      labels.set(test.labels, train.labels.length)
      const classes = namesOf(folder, labels.subarray(0, train.labels.length))
      const beyond = test.labels.find((label) => label >= classes.length)
      if (beyond !== undefined) return E.left(`${folder}: held-out label ${beyond} is not among the training labels`)
      const pixels = new Uint8Array(labels.length * each)
      const put = ({ bytes }: Pictures, from: number, count: number): void => {
        for (let i = 0; i < count; i++) {
          const picture = bytes.subarray(i * side * side, (i + 1) * side * side)
          const fitted = side <= size ? framed(picture, side, size, 1, 0) : average(picture, side, size, 1)
          pixels.set(fitted, (from + i) * each)
        }
      }
      put(train, 0, train.labels.length)
      put(test, train.labels.length, test.labels.length)
      return E.right(
        dataset({
          name: `idx:${folder}`,
          classes,
          channels: 1,
          size,
          flips: classes.map(() => false),
          balanced: false,
          train: singles(labels, classes.length, 0, train.labels.length),
          heldOut: singles(labels, classes.length, train.labels.length, labels.length),
          pixels,
          labels,
        }),
      )
    }),
  )
