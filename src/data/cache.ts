/**
 * Bytes that are slow to compute, cached on disk. A faulty cache (corrupt, unwritable, missing) costs time only: the
 * bytes are recomputed silently. Two processes may fill it at once.
 */
import { createHash } from 'node:crypto'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readBytes, writeAtomic } from '../io/atomic.ts'
import { makeFolder } from '../io/makeFolder.ts'

/** Where to look, and to write to the first that works: next to the package, the user's cache, the temporary folder. */
export const cacheFolders = (nodeModules: string): readonly string[] => [
  join(nodeModules, '.cache', 'diffit'),
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'diffit'),
  join(tmpdir(), 'diffit-cache'),
]

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** The content after its digest, or nothing if they do not match. */
const opened = (file: Uint8Array): O.Option<Uint8Array> => {
  const content = file.subarray(32)
  return file.length >= 32 && digest(content).equals(file.subarray(0, 32)) ? O.some(content) : O.none
}

const read = (path: string): T.Task<O.Option<Uint8Array>> =>
  pipe(
    readBytes(path),
    TE.match(() => O.none, opened),
  )

/** Returns whether it could be written. */
const keep = (folder: string, name: string, content: Uint8Array): T.Task<boolean> =>
  pipe(
    makeFolder(folder),
    TE.chain(() => writeAtomic(join(folder, name), [digest(content), content])),
    TE.match(
      () => false,
      () => true,
    ),
  )

/** Tries one after the other until one succeeds. */
const first =
  <A>(accepted: (a: A) => boolean, otherwise: A) =>
  (tasks: readonly T.Task<A>[]): T.Task<A> =>
  async () => {
    for (const task of tasks) {
      const found = await task()
      if (accepted(found)) return found
    }
    return otherwise
  }

/** `make`, unless a folder has its result cached under `name`, which must identify everything the result depends on. */
export const cached = (
  folders: readonly string[],
  name: string,
  make: TE.TaskEither<string, Uint8Array>,
): TE.TaskEither<string, Uint8Array> =>
  pipe(
    folders.map((folder) => read(join(folder, name))),
    first<O.Option<Uint8Array>>(O.isSome, O.none),
    T.chain(
      O.match(
        () =>
          pipe(
            make,
            TE.chainFirstTaskK((content) =>
              pipe(
                folders.map((folder) => keep(folder, name, content)),
                first<boolean>((kept) => kept, false),
              ),
            ),
          ),
        (content) => TE.right(content),
      ),
    ),
  )
