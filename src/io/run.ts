/**
 * A run's folder: its layout, and how to create and read it. Here the configuration is text; its meaning belongs to the
 * caller.
 *
 *   config.yaml  run.json  autoencoder.safetensors (of a model of latents)  metrics.jsonl  loss.svg  loss.png  checkpoints/step-N.safetensors  samples/step-N.png
 *
 * A folder with a config.yaml is a run, so that file is written last. While a process writes there it holds `.lock`.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { codeOf, isTemporary, readText, reason } from './atomic.ts'
import { type Lock, lock } from './lock.ts'
import { makeFolder } from './makeFolder.ts'

export const configPath = (folder: string): string => join(folder, 'config.yaml')
export const metricsPath = (folder: string): string => join(folder, 'metrics.jsonl')
export const checkpointsFolder = (folder: string): string => join(folder, 'checkpoints')
export const samplesFolder = (folder: string): string => join(folder, 'samples')
export const samplePath = (folder: string, step: number): string => join(samplesFolder(folder), `step-${step}.png`)

/** Names in a folder; none if it does not exist. */
export const names = (folder: string): TE.TaskEither<string, readonly string[]> =>
  TE.tryCatch(
    async () => {
      try {
        return await readdir(folder)
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return []
        throw error
      }
    },
    (error) => `cannot read ${folder}: ${reason(error)}`,
  )

/** Creates the missing folders of a run. */
export const makeFolders = (folder: string): TE.TaskEither<string, void> =>
  pipe(
    makeFolder(checkpointsFolder(folder)),
    TE.chain(() => makeFolder(samplesFolder(folder))),
  )

/** What a killed start may leave behind, and a new one may replace. */
const isLeftover = (folder: string, name: string): TE.TaskEither<string, boolean> =>
  name === 'checkpoints' || name === 'samples'
    ? pipe(
        names(join(folder, name)),
        TE.map((inside) => inside.every(isTemporary)),
      )
    : TE.right(isTemporary(name) || ['.lock', 'run.json', 'autoencoder.safetensors'].includes(name))

/** A new run's folder may contain only what a killed start left behind. */
export const requireEmpty = (folder: string): TE.TaskEither<string, void> =>
  pipe(
    names(folder),
    TE.filterOrElse(
      (found) => !found.includes('config.yaml'),
      () => `${folder} holds another run: continue it with --resume ${folder}, or name another --out`,
    ),
    TE.chain(
      TE.traverseSeqArray((name) =>
        pipe(
          isLeftover(folder, name),
          TE.filterOrElse(
            (leftover) => leftover,
            () => `${folder} is not empty (it holds ${name}): name another --out`,
          ),
        ),
      ),
    ),
    TE.map(() => undefined),
  )

/** Creates and locks the folder of a new run; checking and writing its contents is up to the caller. */
export const newFolder = (folder: string): TE.TaskEither<string, Lock> =>
  pipe(
    requireEmpty(folder),
    TE.chain(() => makeFolders(folder)),
    TE.chain(() => lock(folder)),
    TE.chainFirst((held) =>
      pipe(
        requireEmpty(folder),
        TE.orElseFirstTaskK(() => held.release),
      ),
    ),
  )

/** The configuration in a run's folder. */
export const readConfig = (folder: string): TE.TaskEither<string, string> =>
  pipe(
    readText(configPath(folder)),
    TE.filterOrElse(
      (text) => text !== null,
      () => `${folder} is not a run: it has no config.yaml`,
    ),
  )

/** Removes temporary files that a killed process left. */
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
