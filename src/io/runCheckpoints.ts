/**
 * checkpoints/step-N.safetensors: each written whole or not at all, the newest three kept. What the tensors and the
 * metadata mean belongs to the caller.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { reason } from './atomic.ts'
import { checkpointsFolder, names } from './run.ts'
import { type SafeTensors, save, type Writable } from './safetensors.ts'

export const checkpointPath = (folder: string, step: number): string =>
  join(checkpointsFolder(folder), `step-${step}.safetensors`)

const keptFiles = 3

const stepOf = (name: string): number | null => {
  const digits = /^step-(\d+)\.safetensors$/.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}

/** Steps of a run's checkpoints, the newest first. */
export const checkpointSteps = (folder: string): TE.TaskEither<string, readonly number[]> =>
  pipe(
    names(checkpointsFolder(folder)),
    TE.map((found) =>
      found
        .map(stepOf)
        .filter((step) => step !== null)
        .sort((a, b) => b - a),
    ),
  )

export const saveCheckpoint = (
  folder: string,
  step: number,
  file: SafeTensors<Writable>,
): TE.TaskEither<string, void> =>
  pipe(
    save(checkpointPath(folder, step), file),
    TE.chain(() => checkpointSteps(folder)),
    TE.chain((steps) =>
      TE.tryCatch(
        async () => {
          for (const old of steps.slice(keptFiles)) await rm(checkpointPath(folder, old), { force: true })
        },
        (error) => `cannot remove an old checkpoint of ${folder}: ${reason(error)}`,
      ),
    ),
  )
