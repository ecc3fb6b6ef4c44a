/**
 * NumPy's .npz: a zip of array files, stored or deflated. Only the arrays that are asked for are unpacked, so that the
 * statistics of a file of pictures take no memory for its pictures.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readBytes, writeAtomic } from './atomic.ts'
import { companion, fflate } from './companion.ts'
import { decodeNpy, encodeNpy, type NpyArray } from './npy.ts'
import { reason } from './reason.ts'

/** Arrays by name. */
export type Npz = ReadonlyMap<string, NpyArray>

const suffix = '.npy'
const nameOf = (entry: string): string => (entry.endsWith(suffix) ? entry.slice(0, -suffix.length) : entry)

/** Maximum expansion of one byte of deflate. */
const expansion = 1032

interface Entry {
  readonly name: string
  readonly size: number
  readonly originalSize: number
}

const arrays = (entries: readonly (readonly [name: string, bytes: Uint8Array])[]): E.Either<string, Npz> =>
  pipe(
    entries,
    E.traverseArray(([name, bytes]) =>
      pipe(
        decodeNpy(bytes),
        E.bimap(
          (what) => `array "${name}": ${what}`,
          (array) => [name, array] as const,
        ),
      ),
    ),
    E.map((all) => new Map(all)),
  )

type Unzip = typeof import('fflate')['unzipSync']

const unpacked = (unzip: Unzip, bytes: Uint8Array, wanted: (name: string) => boolean): E.Either<string, Npz> => {
  const all: Entry[] = []
  const filter = (entry: Entry): boolean => {
    all.push(entry)
    return wanted(nameOf(entry.name)) && entry.originalSize <= expansion * (entry.size + 1)
  }
  return pipe(
    E.tryCatch(
      () => unzip(bytes, { filter }),
      (error) => `it is not a .npz file, or it is torn: ${reason(error)}`,
    ),
    E.chain((found) => {
      const entries = Object.entries(found)
      const lying = all.find(({ name }) => wanted(nameOf(name)) && !entries.some(([there]) => there === name))
      return lying === undefined
        ? arrays(entries.map(([name, content]) => [nameOf(name), content]))
        : E.left(
            `array "${nameOf(lying.name)}": ${lying.size} bytes cannot hold the ${lying.originalSize} that it says`,
          )
    }),
  )
}

/**
 * Arrays of a .npz file; a Left is one sentence that names the file.
 * @param wanted the names of the arrays to read; default: all
 */
export const loadNpz = (path: string, wanted: (name: string) => boolean = () => true): TE.TaskEither<string, Npz> =>
  pipe(
    companion('reading .npz files')(fflate),
    TE.bindTo('zip'),
    TE.bind('bytes', () => readBytes(path)),
    TE.chainEitherK(({ zip, bytes }) =>
      pipe(
        unpacked(zip.unzipSync, bytes, wanted),
        E.mapLeft((what) => `${path}: ${what}`),
      ),
    ),
  )

/** The same bytes at any time: zip has no year before 1980. */
const mtime = new Date(1980, 0, 1)

/** Writes a .npz file atomically, its arrays deflated. */
export const saveNpz = (path: string, all: Npz): TE.TaskEither<string, void> =>
  pipe(
    companion('writing .npz files')(fflate),
    TE.chain(({ zipSync }) => {
      const entries = Object.fromEntries([...all].map(([name, array]) => [`${name}${suffix}`, encodeNpy(array)]))
      return writeAtomic(path, zipSync(entries, { level: 1, mtime }))
    }),
  )
