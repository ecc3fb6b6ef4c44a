/**
 * The checkpoints of a run: each written atomically and recorded; the newest three are kept, the last before a cooldown, and
 * the end of one. Files that the run did not write
 * are never replaced or removed. The meaning of tensors and metadata belongs to the caller.
 */
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { codeOf, reason } from './atomic.ts'
import { intact, sealed } from './contentHash.ts'
import { checkpointsFolder, names } from './run.ts'
import { type CheckpointEntry, checkpointNamed, type Kept, ownerOf, type RunRecord, writeRecord } from './runRecord.ts'
import type { SafeTensors, Writable } from './safetensors.ts'
import { load, save } from './safetensorsFile.ts'

export const checkpointPath = (folder: string, { file }: Pick<CheckpointEntry, 'file'>): string =>
  join(checkpointsFolder(folder), file)

const keptFiles = 3

/** Whether a file of this name exists that is not the run's. */
const isForeign = (folder: string, { id, checkpoints }: RunRecord, file: string): TE.TaskEither<never, boolean> =>
  checkpoints.some((c) => c.file === file)
    ? TE.right(false)
    : pipe(
        names(checkpointsFolder(folder)),
        TE.chain((found) =>
          found.includes(file)
            ? pipe(
                ownerOf(join(checkpointsFolder(folder), file)),
                TE.map((owner) => owner !== id),
              )
            : TE.right(false),
        ),
        TE.orElse(() => TE.right(true)),
      )

/** `step-N.safetensors`, unless another file has that name. */
const fileName = (folder: string, record: RunRecord, step: number): TE.TaskEither<never, string> =>
  pipe(
    isForeign(folder, record, `step-${step}.safetensors`),
    TE.map((foreign) => (foreign ? `step-${step}-${record.id}.safetensors` : `step-${step}.safetensors`)),
  )

const removed = (path: string): TE.TaskEither<string, void> =>
  TE.tryCatch(
    () => rm(path, { force: true }),
    (error) => `cannot remove ${path}: ${reason(error)}`,
  )

export interface Saved {
  readonly record: RunRecord
  /** Why an old checkpoint could not be removed; the next resume retries. */
  readonly notice: string | null
}

/** A checkpoint among those before it: which of all stay. Of each mark the newest has it, and so has no other. */
export const withNewest = (
  before: readonly CheckpointEntry[],
  entry: CheckpointEntry,
): { readonly stay: readonly CheckpointEntry[]; readonly go: readonly CheckpointEntry[] } => {
  const others = before
    .filter(({ file }) => file !== entry.file)
    .map(({ kept, ...e }) => (kept === undefined || kept === entry.kept ? e : { ...e, kept }))
  const all = [...others, entry]
  const stays = (e: CheckpointEntry, i: number): boolean => i >= all.length - keptFiles || e.kept !== undefined
  return { stay: all.filter(stays), go: all.filter((e, i) => !stays(e, i)) }
}

/** Saves, records, and then removes the old ones. */
export const saveCheckpoint = (
  folder: string,
  record: RunRecord,
  { step, kept }: { readonly step: number; readonly kept: Kept | null },
  { tensors, metadata }: SafeTensors<Writable>,
): TE.TaskEither<string, Saved> =>
  pipe(
    fileName(folder, record, step),
    TE.bindTo('file'),
    TE.chainFirst(({ file }) =>
      save(checkpointPath(folder, { file }), sealed({ tensors, metadata: { ...metadata, run: record.id } })),
    ),
    TE.map(({ file }) => {
      const { stay, go } = withNewest(record.checkpoints, { file, step, ...(kept === null ? {} : { kept }) })
      const next: RunRecord = { ...record, checkpoints: stay }
      return { next, old: go }
    }),
    TE.chainFirst(({ next }) => writeRecord(folder, next)),
    TE.chainTaskK(({ next, old }) =>
      pipe(
        old,
        TE.traverseSeqArray((entry) => removed(checkpointPath(folder, entry))),
        TE.match(
          (why): Saved => ({ record: next, notice: why }),
          (): Saved => ({ record: next, notice: null }),
        ),
      ),
    ),
  )

/** The newest checkpoint stays until another of the same mark is there. */
export const keepCheckpoint = (folder: string, record: RunRecord, kept: Kept): TE.TaskEither<string, RunRecord> => {
  const newest = record.checkpoints.at(-1)
  if (newest === undefined) return TE.left(`${folder} has no checkpoint to keep`)
  const next: RunRecord = { ...record, checkpoints: withNewest(record.checkpoints, { ...newest, kept }).stay }
  return pipe(
    writeRecord(folder, next),
    TE.map(() => next),
  )
}

/** The content of a checkpoint, unless it is missing, damaged, or another run's. */
export const loadCheckpoint = (
  folder: string,
  { id }: RunRecord,
  entry: CheckpointEntry,
): TE.TaskEither<string, SafeTensors> => {
  const path = checkpointPath(folder, entry)
  return pipe(
    load(path),
    TE.chainEitherK((file) =>
      pipe(
        intact(file.metadata.run !== undefined)(file),
        E.filterOrElse(
          ({ metadata }) => metadata.run === undefined || metadata.run === id,
          () => 'it belongs to another run',
        ),
        E.mapLeft((what) => `${path}: ${what}`),
      ),
    ),
  )
}

/** Error codes for a file that is gone, is not a regular file, or lies on a bad sector. */
const damages = ['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'EIO']

/**
 * Why a checkpoint that may be intact cannot be opened: no permission, too many open files, a network disk that is
 * offline.
 */
export const outOfReach = async (folder: string, entry: CheckpointEntry): Promise<string | null> => {
  const path = checkpointPath(folder, entry)
  try {
    await (await open(path, 'r')).close()
    return null
  } catch (error) {
    return damages.includes(codeOf(error)) ? null : `cannot read ${path}: ${reason(error)}`
  }
}

/**
 * Removes an unusable checkpoint from the record, and renames its file accordingly; a file of another run stays where
 * it is.
 */
export const setAside = (
  folder: string,
  record: RunRecord,
  entry: CheckpointEntry,
): TE.TaskEither<string, RunRecord> => {
  const path = checkpointPath(folder, entry)
  const next: RunRecord = { ...record, checkpoints: record.checkpoints.filter((c) => c.file !== entry.file) }
  const away = TE.tryCatch(
    () =>
      rename(path, checkpointPath(folder, { file: `damaged-${entry.file}` })).catch((error) => {
        if (codeOf(error) !== 'ENOENT') throw error
      }),
    (error) => `cannot rename ${path}: ${reason(error)}`,
  )
  return pipe(
    ownerOf(path),
    TE.orElse(() => TE.right<string, string | null>(null)),
    TE.chain((owner) => (owner === null || owner === record.id ? away : TE.right(undefined))),
    TE.chain(() => writeRecord(folder, next)),
    TE.map(() => next),
  )
}

/** Removes files that this run wrote but was killed before recording, or before removing. */
export const sweepCheckpoints = (folder: string, record: RunRecord): TE.TaskEither<string, void> =>
  pipe(
    names(checkpointsFolder(folder)),
    TE.map((found) =>
      found.filter((file) => {
        const named = checkpointNamed(file)
        // other names are copies that somebody made
        const ours = named !== null && (named.id === null || named.id === record.id)
        return ours && !record.checkpoints.some((c) => c.file === file)
      }),
    ),
    TE.chain(
      TE.traverseSeqArray((file) =>
        pipe(
          ownerOf(checkpointPath(folder, { file })),
          // an unreadable file cannot be attributed to a run
          TE.orElse(() => TE.right<string, string | null>(null)),
          TE.chain((owner) => (owner === record.id ? removed(checkpointPath(folder, { file })) : TE.right(undefined))),
        ),
      ),
    ),
    TE.map(() => undefined),
  )
