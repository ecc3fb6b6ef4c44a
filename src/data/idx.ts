/**
 * IDX files, the format of MNIST and its family: a magic number, big-endian sizes, bytes; gzipped or not. The train
 * files are the training set, the t10k (or test) files are held out. The classes are the labels in the training set.
 *
 * Images are greyscale, never mirrored (digits, letters, and shoes that all point left), and padded with black, the
 * background throughout the family, if they are smaller than requested.
 */
import { basename, join, resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readBytes } from '../io/atomic.ts'
import { type Dataset, dataset, singles } from './dataset.ts'
import { list } from './folder.ts'
import { isGzip, unzipped, unzippedStart } from './gunzip.ts'
import { few } from './notice.ts'
import { pixelsFor } from './pixels.ts'
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

interface Header {
  readonly shape: readonly number[]
  /** Bytes of the header. */
  readonly start: number
  /** Bytes of the data after it. */
  readonly size: number
}

/** Of a byte array of `rank` axes. */
const header =
  (path: string, rank: number) =>
  (file: Uint8Array): E.Either<string, Header> => {
    const start = 4 + 4 * rank
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
    if (file.length < start || view.getUint32(0) !== 0x0800 + rank)
      return E.left(`${path} is not an IDX file of bytes with ${rank} axes: expected it to begin with 0x0000080${rank}`)
    const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
    return E.right({ shape, start, size: shape.reduce((a, b) => a * b, 1) })
  }

/** The whole file, decompressed if gzipped, and no longer than its header says. */
const content =
  (path: string, file: Uint8Array) =>
  ({ start, size }: Header): TE.TaskEither<string, Uint8Array> =>
    isGzip(file)
      ? pipe(
          () => unzipped(file, start + size),
          TE.mapLeft((what) => `${path} ${what}`),
        )
      : TE.right(file)

const load = (path: string, rank: number): TE.TaskEither<string, Array1> =>
  pipe(
    readBytes(path),
    TE.bindTo('file'),
    TE.bind('head', ({ file }) =>
      isGzip(file)
        ? pipe(
            () => unzippedStart(file, 4 + 4 * rank),
            TE.mapLeft((what) => `${path} ${what}`),
          )
        : TE.right(file),
    ),
    TE.bind('header', ({ head }) => TE.fromEither(header(path, rank)(head))),
    TE.bind('whole', ({ file, header }) => content(path, file)(header)),
    TE.chainEitherK(({ header: { shape, start, size }, whole }) =>
      whole.length - start === size
        ? E.right({ shape, bytes: whole.subarray(start) })
        : E.left(
            `${path} holds ${whole.length - start} bytes after its header: expected ${size} for ${shape.join(' x ')}`,
          ),
    ),
  )

/** The single file of a split: train-images-idx3-ubyte, with a dot for the hyphen, .gz after, or a prefix before it. */
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
        return E.left(`${imagesFile} holds images of ${width} x ${height}: expected squares`)
      return count === labels.shape[0]
        ? E.right({ side: height, bytes: images.bytes, labels: labels.bytes })
        : E.left(`${imagesFile} holds ${count} images, but ${labelsFile} ${labels.shape[0]} labels: expected as many`)
    }),
  )

/** Fashion-MNIST by its folder's name, or by its counts: 6000 in each of ten classes (as in Kuzushiji-MNIST). */
const isFashion = (folder: string, classes: Classes, labels: Uint8Array): boolean => {
  if (classes.labels.length !== 10 || classes.labels.some((label, c) => label !== c)) return false
  const name = basename(resolve(folder)).toLowerCase()
  const even = classes.labels.every((label) => labels.filter((l) => l === label).length === 6000)
  return name.includes('fashion') || (even && !/kmnist|kuzushiji|emnist/.test(name))
}

/** The training labels in order, and the class of each. */
interface Classes {
  readonly labels: readonly number[]
  readonly classOf: ReadonlyMap<number, number>
}

/** A label without training images is not a class: nothing could be learned about it. */
const classesOf = (labels: Uint8Array): Classes => {
  const present = [...new Set(labels)].sort((a, b) => a - b)
  return { labels: present, classOf: new Map(present.map((label, c) => [label, c])) }
}

/** Labels counting from 0 or from 1 are normal; gaps get a notice. */
const gaps = (folder: string, { labels }: Classes): readonly string[] => {
  const missing = Array.from({ length: Math.max(...labels) }, (_, label) => label).filter(
    (label) => !labels.includes(label) && !(label === 0 && labels[0] === 1),
  )
  return missing.length === 0
    ? []
    : [`${folder}: no training image has the label ${few(missing.map(String))}, so there is no such class`]
}

/** Labels as classes; a held-out label that is not in the training set is an error. */
const relabelled = (folder: string, classes: Classes, all: Uint8Array): E.Either<string, Uint8Array> => {
  const out = new Uint8Array(all.length)
  for (const [i, label] of all.entries()) {
    const c = classes.classOf.get(label)
    if (c === undefined) return E.left(`${folder}: held-out label ${label} is not among the training labels`)
    out[i] = c
  }
  return E.right(out)
}

/** Images of both splits, concatenated, padded or averaged to `size`. */
const fitted = (parts: readonly Pictures[], size: number, pixels: Uint8Array): Uint8Array => {
  let at = 0
  for (const { bytes, side, labels } of parts)
    for (let i = 0; i < labels.length; i++, at += size * size) {
      const picture = bytes.subarray(i * side * side, (i + 1) * side * side)
      pixels.set(side <= size ? framed(picture, side, size, 1, 0) : average(picture, side, size, 1), at)
    }
  return pixels
}

/** Both splits must have images of one size, and the training set must not be empty. */
const agreeing = (folder: string, train: Pictures, test: Pictures): E.Either<string, void> =>
  train.side !== test.side
    ? E.left(`${folder}: training images are ${train.side} x ${train.side}, held-out ones ${test.side} x ${test.side}`)
    : train.labels.length === 0
      ? E.left(`${folder} holds no training images: expected at least one`)
      : E.right(undefined)

/**
 * The MNIST family: the four files of a folder as images of size x size pixels, greyscale; the error is one sentence that
 * names the file.
 * @param size height and width, in pixels
 */
export const idx = (folder: string, size: number): TE.TaskEither<string, Dataset> =>
  pipe(
    list(folder),
    TE.map((entries) => entries.filter((entry) => entry.kind === 'file').map(({ name }) => name)),
    TE.bindTo('all'),
    TE.bind('train', ({ all }) => half(folder, all, 'train')),
    TE.bind('test', ({ all }) => half(folder, all, 't10k')),
    TE.chainFirstEitherK(({ train, test }) => agreeing(folder, train, test)),
    TE.bind('classes', ({ train }) => TE.right(classesOf(train.labels))),
    TE.bind('labels', ({ train, test, classes }) =>
      TE.fromEither(relabelled(folder, classes, Buffer.concat([train.labels, test.labels]))),
    ),
    TE.bind('room', ({ labels }) => TE.fromEither(pixelsFor(folder, labels.length, size, 1))),
    TE.map(({ train, test, classes, labels, room }) => {
      const names = isFashion(folder, classes, train.labels) ? fashion : classes.labels.map(String)
      return dataset({
        name: `idx:${folder}`,
        classes: names,
        channels: 1,
        size,
        flips: names.map(() => false),
        balanced: false,
        split: {
          train: singles(labels, names.length, 0, train.labels.length),
          heldOut: singles(labels, names.length, train.labels.length, labels.length),
        },
        notices: gaps(folder, classes),
        pixels: fitted([train, test], size, room),
        labels,
      })
    }),
  )
