/**
 * A folder of pictures: one sub-folder a class, classes and files in the order of their names. The middle square of
 * each picture is taken and resized, transparency is put on white. One picture of sixteen is held out in every class.
 *
 * Pictures are never mirrored: nobody knows whether they show letters.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import sharp from 'sharp'
import { type Dataset, dataset, holdOut, singles } from './dataset.ts'
import { list } from './folder.ts'

const extensions = /\.(png|jpe?g|webp|gif|avif|tiff?)$/i
const chunk = 32

interface Class {
  readonly name: string
  readonly files: readonly string[]
}

const classOf =
  (folder: string) =>
  ({ name }: { readonly name: string }): TE.TaskEither<string, Class> =>
    pipe(
      list(join(folder, name)),
      TE.map((entries) =>
        entries.filter((e) => !e.folder && extensions.test(e.name)).map((e) => join(folder, name, e.name)),
      ),
      TE.chainEitherK((files) =>
        files.length > 0
          ? E.right({ name, files })
          : E.left(`${join(folder, name)} holds no pictures: expected png, jpg, webp, gif, avif or tif files`),
      ),
    )

const decode =
  (size: number, out: Uint8Array) =>
  ({ path, i }: { readonly path: string; readonly i: number }): TE.TaskEither<string, void> =>
    TE.tryCatch(
      async () => {
        const picture = sharp(path).autoOrient().flatten({ background: 'white' }).toColourspace('srgb')
        const { data, info } = await picture
          .resize(size, size, { fit: 'cover' })
          .raw()
          .toBuffer({ resolveWithObject: true })
        const at = i * size * size * 3
        for (let p = 0; p < size * size; p++)
          for (let c = 0; c < 3; c++) out[at + 3 * p + c] = data[p * info.channels + (info.channels < 3 ? 0 : c)] ?? 0
      },
      (error) => `cannot read the picture ${path}: ${error instanceof Error ? error.message : String(error)}`,
    )

const decodeAll = (classes: readonly Class[], size: number): TE.TaskEither<string, Uint8Array> => {
  const files = classes.flatMap((c) => c.files).map((path, i) => ({ path, i }))
  const out = new Uint8Array(files.length * size * size * 3)
  const chunks = Array.from({ length: Math.ceil(files.length / chunk) }, (_, n) =>
    files.slice(n * chunk, (n + 1) * chunk),
  )
  return pipe(
    chunks,
    TE.traverseSeqArray(TE.traverseArray(decode(size, out))),
    TE.map(() => out),
  )
}

export const imageFolder = (folder: string, size: number): TE.TaskEither<string, Dataset> =>
  pipe(
    list(folder),
    TE.map((entries) => entries.filter((e) => e.folder)),
    TE.filterOrElse(
      (folders) => folders.length > 0,
      () => `${folder} holds no folders: expected one folder of pictures for each class`,
    ),
    TE.chain(TE.traverseSeqArray(classOf(folder))),
    TE.bindTo('classes'),
    TE.bind('pixels', ({ classes }) => decodeAll(classes, size)),
    TE.map(({ classes, pixels }) => {
      const labels = Uint16Array.from(classes.flatMap(({ files }, c) => files.map(() => c)))
      return dataset({
        name: `folder:${folder}`,
        classes: classes.map(({ name }) => name),
        channels: 3,
        size,
        flips: classes.map(() => false),
        balanced: false,
        ...holdOut(singles(labels, classes.length, 0, labels.length)),
        pixels,
        labels,
      })
    }),
  )
