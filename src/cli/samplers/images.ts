/** The images of a cell as a file, so that a stopped comparison goes on with what it has drawn. */

import { basename, dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { intact, sealed } from '../../io/contentHash.ts'
import { names } from '../../io/run.ts'
import { load, save } from '../../io/safetensorsFile.ts'

/** @param of all that the images depend on, as one text */
export const writeImages = (path: string, of: string, images: readonly Float32Array[]): TE.TaskEither<string, void> =>
  save(
    path,
    sealed({
      tensors: new Map(images.map((values, i) => [`${i}`, { dtype: 'F32', shape: [values.length], values }])),
      metadata: { of },
    }),
  )

/** Null where there is no such file, or one of other images; a damaged file is a Left. */
export const readImages = (path: string, of: string): TE.TaskEither<string, readonly Float32Array[] | null> =>
  pipe(
    names(dirname(path)),
    TE.chain((found): TE.TaskEither<string, readonly Float32Array[] | null> => {
      if (!found.includes(basename(path))) return TE.right(null)
      return pipe(
        load(path),
        TE.chainEitherK(intact(true)),
        TE.mapLeft((what) => `${path}: ${what}; remove it to have it made again`),
        TE.chainEitherK(({ tensors, metadata }) =>
          metadata.of === of
            ? E.traverseArray((i: number) =>
                pipe(
                  tensors.get(`${i}`),
                  E.fromNullable(`${path}: image ${i} of ${tensors.size} is missing; remove it to have it made again`),
                  E.map(({ values }) => Float32Array.from(values)),
                ),
              )(Array.from({ length: tensors.size }, (_, i) => i))
            : E.right(null),
        ),
      )
    }),
  )
