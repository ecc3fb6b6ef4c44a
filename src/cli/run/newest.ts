/**
 * The newest intact checkpoint of a run. Damaged ones are skipped and reported, never silently. A run still in training
 * deletes its older checkpoints: one no longer in its record is not damaged, and the record is read again.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { checkpointPath, loadCheckpoint, outOfReach } from '../../io/runCheckpoints.ts'
import { type CheckpointEntry, type RunRecord, readRecord } from '../../io/runRecord.ts'
import { fail, must, mustBe } from '../errors.ts'
import type { Catalogue } from '../settings/options.ts'
import type { Held } from '../task.ts'
import { type Checkpoint, fromFile } from './checkpoint.ts'

export interface Newest {
  /** Null for a run that has not saved one yet. */
  readonly checkpoint: Checkpoint | null
  readonly damaged: readonly { readonly entry: CheckpointEntry; readonly why: string }[]
}

export const newest = async (folder: string, record: RunRecord, held: Held, known: Catalogue): Promise<Newest> => {
  const damaged: Newest['damaged'][number][] = []
  for (const entry of record.checkpoints.toReversed()) {
    const file = await loadCheckpoint(folder, record, entry)()
    if (E.isLeft(file)) {
      const now = await must(readRecord(folder))
      if (!now.checkpoints.some((c) => c.file === entry.file)) return newest(folder, now, held, known)
      const closed = await outOfReach(folder, entry)
      if (closed !== null) fail(`${closed}. It may be intact, so no older checkpoint is used instead`)
      damaged.push({ entry, why: file.left })
    } else {
      const path = checkpointPath(folder, entry)
      const checkpoint = pipe(
        fromFile(held, known)(file.right),
        E.mapLeft((what) => `${path}: ${what}`),
      )
      return { checkpoint: mustBe(checkpoint), damaged }
    }
  }
  return damaged.length === 0
    ? { checkpoint: null, damaged }
    : fail(
        `no checkpoint of ${folder} can be used: ${damaged.map(({ why }) => why).join('; ')}. Restore an intact one, or start a new run`,
      )
}

/** The record as `sample` sees it: the most trained checkpoint last, which after going back before a cooldown is its end. */
const byImages = (record: RunRecord): RunRecord => ({
  ...record,
  checkpoints: record.checkpoints.toSorted((a, b) => a.step - b.step),
})

/** The most trained checkpoint of a run: what it is sampled and judged by. Says which damaged ones were passed over. */
export const mostTrained = async (
  folder: string,
  held: Held,
  known: Catalogue,
  say: (line: string) => void,
): Promise<Checkpoint> => {
  const found = await newest(folder, byImages(await must(readRecord(folder))), held, known)
  for (const line of passedOver(found)) say(line)
  return found.checkpoint ?? fail(`${folder} has no checkpoint yet: train the model first`)
}

/** The messages about skipped damaged checkpoints. */
export const passedOver = ({ checkpoint, damaged }: Newest): readonly string[] =>
  damaged.map(({ why }) => `${why}; falling back to the checkpoint of step ${checkpoint?.about.step}`)
