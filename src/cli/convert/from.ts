/** What is converted: a file of parameters of any layout, or the most trained intact checkpoint of a run. */
import { stat } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { intactTensors } from '../../io/contentHash.ts'
import { dtypes } from '../../io/dtype.ts'
import { readConfig } from '../../io/run.ts'
import { checkpointPath, outOfReach } from '../../io/runCheckpoints.ts'
import { type CheckpointEntry, readRecord } from '../../io/runRecord.ts'
import { type TensorFile, withTensors } from '../../io/tensorFile.ts'
import { size } from '../../tensor/shape.ts'
import { fail, must } from '../errors.ts'
import type { Meter } from './progress.ts'

/** Bytes of an open file's tensors. */
export const bytesOf = ({ entries }: Pick<TensorFile, 'entries'>): number =>
  [...entries.values()].reduce((sum, { dtype, shape }) => sum + size(shape) * dtypes[dtype].bytes, 0)

/** One sentence unless the content of a file is what was written. @param run that it must belong to; null: to any or none */
const checked = (path: string, run: string | null, { begin, add }: Meter): TE.TaskEither<string, void> =>
  withTensors(path, async (file) => {
    begin('checking', bytesOf(file))
    return pipe(
      await intactTensors(run !== null && file.metadata.run !== undefined, add)(file),
      E.filterOrElse(
        ({ metadata }) => run === null || metadata.run === undefined || metadata.run === run,
        () => 'it belongs to another run',
      ),
      E.map(() => undefined),
    )
  })

const mostTrained = async (folder: string, meter: Meter, say: (line: string) => void): Promise<string> => {
  await must(readConfig(folder))
  const record = await must(readRecord(folder))
  const entries: readonly CheckpointEntry[] = record.checkpoints.toSorted((a, b) => b.step - a.step)
  const damaged: string[] = []
  for (const entry of entries) {
    const path = checkpointPath(folder, entry)
    const whole = await checked(path, record.id, meter)()
    if (E.isRight(whole)) {
      for (const why of damaged) say(`${why}; falling back to the checkpoint of step ${entry.step}`)
      return path
    }
    const closed = await outOfReach(folder, entry)
    if (closed !== null) fail(`${closed}. It may be intact, so no older checkpoint is used instead`)
    damaged.push(whole.left)
  }
  return damaged.length === 0
    ? fail(`${folder} has no checkpoint yet: train the model first`)
    : fail(`no checkpoint of ${folder} can be used: ${damaged.join('; ')}`)
}

/** The intact file that a user means: the folder of a run, or a file. It fails in one sentence. */
export const fileMeant = async (path: string, meter: Meter, say: (line: string) => void): Promise<string> => {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (isFolder) return mostTrained(path, meter, say)
  await must(checked(path, null, meter))
  return path
}
