/**
 * A folder of images: one sub-folder per class, classes and files sorted by name, nested folders part of their class. One
 * image in sixteen is held out from every class. Notices report what is left out.
 *
 * Images are never mirrored, since they may show text.
 */
import { relative } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Dataset, dataset, holdOut, singles } from './dataset.ts'
import { type Entry, type File, type Folder, folderAt, type Hidden, list, type Unusable } from './folder.ts'
import { counted, few } from './notice.ts'
import { formats, type Picture, picture } from './picture.ts'
import { pixelsFor } from './pixels.ts'
import { type Leaf, walk } from './walk.ts'

/** Images decoded at a time. */
const chunk = 32
/** Labels are 16-bit. */
const mostClasses = 2 ** 16

interface Class {
  readonly folder: Folder
  readonly leaves: readonly Leaf[]
}
/** A decoded class: how many of its files were images, and which were not. */
interface Decoded {
  readonly folder: Folder
  readonly pictures: number
  readonly unusable: readonly Unusable[]
}

const isFile = (e: Entry): e is File => e.kind === 'file'
const isFolder = (e: Entry): e is Folder => e.kind === 'folder'
const isUnusable = (e: Entry): e is Unusable => e.kind === 'unusable'
const isHidden = (e: Entry): e is Hidden => e.kind === 'hidden'

const because =
  (from: string) =>
  ({ path, reason }: Unusable): string =>
    `${relative(from, path)} (${reason})`

/** Decodes a class into `out` from image index `from`, file by file. */
const decodeClass =
  (picture: Picture, size: number, out: Uint8Array) =>
  async ({ folder, leaves }: Class, from: number): Promise<Decoded> => {
    const files = leaves.filter(isFile)
    const unusable = leaves.filter(isUnusable)
    let next = from
    for (let start = 0; start < files.length; start += chunk) {
      const some = files.slice(start, start + chunk)
      const read = await Promise.all(some.map(({ path }) => picture(path)))
      some.forEach((file, i) => {
        const result = read[i]
        if (result === undefined) return
        if (E.isLeft(result)) unusable.push({ ...file, kind: 'unusable', reason: result.left })
        else out.set(result.right, 3 * size * size * next++)
      })
    }
    return { folder, pictures: next - from, unusable }
  }

const someLeft = (decoded: Decoded): E.Either<string, Decoded> =>
  decoded.pictures > 0
    ? E.right(decoded)
    : E.left(
        `${decoded.folder.path} holds no images: expected ${formats} files, found ${
          decoded.unusable.length === 0 ? 'none' : few(decoded.unusable.map(because(decoded.folder.path)))
        }`,
      )

const decodeAll =
  (size: number, out: Uint8Array) =>
  (classes: readonly Class[]): TE.TaskEither<string, readonly Decoded[]> =>
  async () => {
    const reading = await picture(size)()
    if (E.isLeft(reading)) return reading
    const { right: read } = reading
    const all: Decoded[] = []
    let from = 0
    for (const one of classes) {
      const decoded = someLeft(await decodeClass(read, size, out)(one, from))
      if (E.isLeft(decoded)) return decoded
      all.push(decoded.right)
      from += decoded.right.pictures
    }
    return E.right(all)
  }

const noticesOf = (
  folder: string,
  entries: readonly Entry[],
  classes: readonly Class[],
  decoded: readonly Decoded[],
) => {
  const unusable = [...entries.filter(isUnusable), ...decoded.flatMap((d) => d.unusable)]
  const hidden = [...entries.filter(isHidden), ...classes.flatMap(({ leaves }) => leaves.filter(isHidden))]
  const outside = entries.filter(isFile)
  const names = (some: readonly Entry[]): string => few(some.map(({ path }) => relative(folder, path)))
  return [
    unusable.length === 0
      ? []
      : `${folder}: ${counted(unusable.length, 'file')} left out as unreadable: ${few(unusable.map(because(folder)))}`,
    outside.length === 0
      ? []
      : `${folder}: ${counted(outside.length, 'file')} left out, in no folder of a class: ${names(outside)}`,
    hidden.length === 0 ? [] : `${folder}: ${counted(hidden.length, 'hidden name')} left out: ${names(hidden)}`,
  ].flat()
}

const classesOf = (folder: string, entries: readonly Entry[]): TE.TaskEither<string, readonly Class[]> => {
  const folders = entries.filter(isFolder)
  if (folders.length === 0) return TE.left(`${folder} holds no folders: expected one folder of images for each class`)
  if (folders.length > mostClasses)
    return TE.left(`${folder} holds ${folders.length} folders: expected at most ${mostClasses} classes`)
  return pipe(
    folderAt(folder),
    TE.chain((whole) =>
      pipe(
        folders,
        TE.traverseSeqArray((one) =>
          pipe(
            walk(one, [whole]),
            TE.map((leaves) => ({ folder: one, leaves })),
          ),
        ),
      ),
    ),
  )
}

/**
 * A folder's images, fitted to size x size pixels of 3 channels, one class a sub-folder; the error is one sentence.
 * @param size height and width, in pixels
 */
export const imageFolder = (folder: string, size: number): TE.TaskEither<string, Dataset> =>
  pipe(
    list(folder),
    TE.bindTo('entries'),
    TE.bind('classes', ({ entries }) => classesOf(folder, entries)),
    TE.bind('room', ({ classes }) => {
      const files = classes.flatMap(({ leaves }) => leaves.filter(isFile)).length
      return TE.fromEither(pixelsFor(folder, files, size, 3))
    }),
    TE.bind('decoded', ({ classes, room }) => decodeAll(size, room)(classes)),
    TE.map(({ entries, classes, room, decoded }) => {
      const labels = Uint16Array.from(decoded.flatMap(({ pictures }, c) => Array.from({ length: pictures }, () => c)))
      return dataset({
        name: `folder:${folder}`,
        classes: decoded.map((one) => one.folder.name),
        channels: 3,
        size,
        flips: decoded.map(() => false),
        balanced: false,
        split: holdOut(singles(labels, decoded.length, 0, labels.length)),
        notices: noticesOf(folder, entries, classes, decoded),
        pixels: room.subarray(0, labels.length * size * size * 3),
        labels,
      })
    }),
  )
