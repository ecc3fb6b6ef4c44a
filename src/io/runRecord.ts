/**
 * run.json: a run's record of its own folder. It holds the run's identity, also stored in each of its checkpoints, and
 * lists those checkpoints in the order of writing: the newest is the last, whatever the file names.
 *
 * A run without a record gets one from its checkpoints' names when it is resumed.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { readText, writeAtomic } from './atomic.ts'
import { checkpointsFolder, names } from './run.ts'
import { loadMetadata } from './safetensorsFile.ts'

const recordPath = (folder: string): string => join(folder, 'run.json')

const entry = t.readonly(
  t.intersection([
    t.type({ file: t.string, step: t.number }),
    /** Kept until another one takes its place: the last before a cooldown, and the end of one. */
    t.partial({ kept: t.keyof({ before_cooldown: null, cooled: null }) }),
  ]),
)
const codec = t.readonly(
  t.type({ format: t.literal('diffit run 1'), id: t.string, checkpoints: t.readonlyArray(entry) }),
)
export type RunRecord = t.TypeOf<typeof codec>
export type CheckpointEntry = t.TypeOf<typeof entry>
export type Kept = NonNullable<CheckpointEntry['kept']>

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
    // files in other folders do not belong to the run
    E.filterOrElseW(
      ({ checkpoints }) => checkpoints.every(({ file }) => /^[^/\\]+\.safetensors$/.test(file)),
      () => 'it names files that are no checkpoints',
    ),
    E.mapLeft(
      () => `${path} is damaged: expected a run's record. Remove it to have it made again from the checkpoints`,
    ),
  )

/** The run that a checkpoint file names as its own; null if it names none, a Left if it cannot be read. */
export const ownerOf = (path: string): TE.TaskEither<string, string | null> =>
  pipe(
    loadMetadata(path),
    TE.map(({ run }) => run ?? null),
  )

interface Named extends CheckpointEntry {
  /** The run id in the file name; null if there is none. */
  readonly id: string | null
}

/** The parts of a checkpoint's name: `step-N.safetensors`, or `step-N-ID.safetensors` if that name was taken. */
export const checkpointNamed = (file: string): Named | null => {
  const [, digits, id = null] = /^step-(\d+)(?:-(.+))?\.safetensors$/.exec(file) ?? []
  return digits === undefined ? null : { file, step: Number(digits), id }
}

/** Checkpoints, recognised by name. */
const byName = (folder: string): TE.TaskEither<string, readonly Named[]> =>
  pipe(
    names(checkpointsFolder(folder)),
    TE.map((found) => found.flatMap((file) => checkpointNamed(file) ?? []).sort((a, b) => a.step - b.step)),
  )

/** A record reconstructed from the files. Unreadable files stay in it, and are reported when they are used. */
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

/** The record of a folder; reconstructed from the checkpoints' names if there is none. */
export const readRecord = (folder: string): TE.TaskEither<string, RunRecord> =>
  pipe(
    readText(recordPath(folder)),
    TE.chain((text) => (text === null ? derived(folder) : TE.fromEither(decoded(recordPath(folder), text)))),
  )
