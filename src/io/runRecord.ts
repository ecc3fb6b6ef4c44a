/**
 * run.json: what a run says of its own folder. Its identity, which stands in each of its checkpoints too, and those
 * checkpoints in the order in which they were written: the newest is the last of them, whatever files are called.
 *
 * Runs made before there was a record get one from their checkpoints' names when they are taken up again.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { readText, writeAtomic } from './atomic.ts'
import { checkpointsFolder, names } from './run.ts'
import { loadMetadata } from './safetensors.ts'

const recordPath = (folder: string): string => join(folder, 'run.json')

const entry = t.readonly(t.type({ file: t.string, step: t.number }))
const codec = t.readonly(
  t.type({ format: t.literal('diffit run 1'), id: t.string, checkpoints: t.readonlyArray(entry) }),
)
export type RunRecord = t.TypeOf<typeof codec>
export type CheckpointEntry = t.TypeOf<typeof entry>

export const newRecord = (id: string = randomBytes(8).toString('hex')): RunRecord => ({
  format: 'diffit run 1',
  id,
  checkpoints: [],
})

export const writeRecord = (folder: string, record: RunRecord): TE.TaskEither<string, void> =>
  writeAtomic(recordPath(folder), `${JSON.stringify(record, null, 2)}\n`)

const decoded = (path: string, text: string): E.Either<string, RunRecord> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(text),
      () => 'it is not JSON',
    ),
    E.chainW(codec.decode),
    // a file of another folder is none of the run's, to be read or removed
    E.filterOrElseW(
      ({ checkpoints }) => checkpoints.every(({ file }) => /^[^/\\]+\.safetensors$/.test(file)),
      () => 'it names files that are no checkpoints',
    ),
    E.mapLeft(
      () => `${path} is damaged: expected a run's record. Remove it to have it made again from the checkpoints`,
    ),
  )

/** The run that a checkpoint's file says it belongs to; null where it names none, a Left where it cannot be read. */
export const ownerOf = (path: string): TE.TaskEither<string, string | null> =>
  pipe(
    loadMetadata(path),
    TE.map(({ run }) => run ?? null),
  )

interface Named extends CheckpointEntry {
  /** The run whose id stands in the name; null where none does. */
  readonly id: string | null
}

/** What a name says, if it is one that runs give: `step-N.safetensors`, or `step-N-ID.safetensors` where that was taken. */
export const checkpointNamed = (file: string): Named | null => {
  const [, digits, id = null] = /^step-(\d+)(?:-(.+))?\.safetensors$/.exec(file) ?? []
  return digits === undefined ? null : { file, step: Number(digits), id }
}

/** Checkpoints by the names that runs give them. */
const byName = (folder: string): TE.TaskEither<string, readonly Named[]> =>
  pipe(
    names(checkpointsFolder(folder)),
    TE.map((found) => found.flatMap((file) => checkpointNamed(file) ?? []).sort((a, b) => a.step - b.step)),
  )

/** A record out of the files themselves. Files that cannot be read stay in it, to be named when they are looked at. */
const derived = (folder: string): TE.TaskEither<string, RunRecord> =>
  pipe(
    byName(folder),
    TE.chain((found) =>
      pipe(
        found,
        TE.traverseSeqArray((one) =>
          pipe(
            ownerOf(join(checkpointsFolder(folder), one.file)),
            TE.orElse(() => TE.right<string, string | null>(null)),
          ),
        ),
        TE.chainEitherK((owners) => {
          // a name with another id is a copy that somebody made
          const theirs = found.flatMap(({ id, ...entry }, i) =>
            id === null || id === owners[i] ? [{ entry, owner: owners[i] ?? null }] : [],
          )
          const ids = [...new Set(theirs.flatMap(({ owner }) => owner ?? []))]
          return ids.length > 1
            ? E.left(`${folder} has no run.json, and its checkpoints belong to ${ids.length} runs: leave those of one`)
            : E.right({ ...newRecord(ids[0]), checkpoints: theirs.map(({ entry }) => entry) })
        }),
      ),
    ),
  )

/** The record of a folder; of a run that has none, what its checkpoints' names say. */
export const readRecord = (folder: string): TE.TaskEither<string, RunRecord> =>
  pipe(
    readText(recordPath(folder)),
    TE.chain((text) => (text === null ? derived(folder) : TE.fromEither(decoded(recordPath(folder), text)))),
  )
