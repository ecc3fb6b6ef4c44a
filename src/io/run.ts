/**
 * A run's folder: what lies where, making one, and what it says of itself. What the configuration means belongs to the
 * caller; here it is text.
 *
 *   config.yaml  metrics.jsonl  loss.svg  loss.png  checkpoints/step-N.safetensors  samples/step-N.png
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { isTemporary, reason, writeAtomic } from './atomic.ts'

export const configPath = (folder: string): string => join(folder, 'config.yaml')
export const metricsPath = (folder: string): string => join(folder, 'metrics.jsonl')
export const checkpointsFolder = (folder: string): string => join(folder, 'checkpoints')
export const samplesFolder = (folder: string): string => join(folder, 'samples')
export const samplePath = (folder: string, step: number): string => join(samplesFolder(folder), `step-${step}.png`)

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** Names in a folder; none where there is no folder. */
export const names = (folder: string): TE.TaskEither<string, readonly string[]> =>
  TE.tryCatch(
    async () => {
      try {
        return await readdir(folder)
      } catch (error) {
        if (isMissing(error)) return []
        throw error
      }
    },
    (error) => `cannot read ${folder}: ${reason(error)}`,
  )

const makeFolders = (folder: string): TE.TaskEither<string, void> =>
  TE.tryCatch(
    async () => {
      await mkdir(checkpointsFolder(folder), { recursive: true })
      await mkdir(samplesFolder(folder), { recursive: true })
    },
    (error) => `cannot make the folder ${folder}: ${reason(error)}`,
  )

/** Nothing but what a killed process left behind may lie where a run begins. */
export const requireEmpty = (folder: string): TE.TaskEither<string, void> =>
  pipe(
    names(folder),
    TE.chain((found) =>
      found.includes('config.yaml')
        ? TE.left(`${folder} holds another run: continue it with --resume ${folder}, or name another --out`)
        : found.some((name) => !isTemporary(name) && name !== 'checkpoints' && name !== 'samples')
          ? TE.left(`${folder} is not empty: name another --out`)
          : TE.right(undefined),
    ),
  )

/** A new folder with its configuration, which is written last: a folder with a config.yaml is a run. */
export const createRun = (folder: string, config: string): TE.TaskEither<string, void> =>
  pipe(
    requireEmpty(folder),
    TE.chain(() => makeFolders(folder)),
    TE.chain(() => writeAtomic(configPath(folder), config)),
  )

/** The configuration of a folder that holds a run; also makes the folders that someone took away. */
export const openRun = (folder: string): TE.TaskEither<string, string> =>
  pipe(
    TE.tryCatch(
      () => readFile(configPath(folder), 'utf8'),
      (error) =>
        isMissing(error)
          ? `${folder} is not a run: it has no config.yaml`
          : `cannot read ${configPath(folder)}: ${reason(error)}`,
    ),
    TE.chainFirst(() => makeFolders(folder)),
  )

/** Removes half-written files that a killed process left. */
export const sweep = (folder: string): TE.TaskEither<string, void> =>
  pipe(
    [folder, checkpointsFolder(folder), samplesFolder(folder)],
    TE.traverseSeqArray((sub) =>
      pipe(
        names(sub),
        TE.chain((found) =>
          TE.tryCatch(
            async () => {
              for (const name of found) if (isTemporary(name)) await rm(join(sub, name), { force: true })
            },
            (error) => `cannot clean ${sub}: ${reason(error)}`,
          ),
        ),
      ),
    ),
    TE.map(() => undefined),
  )
