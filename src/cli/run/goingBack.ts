/**
 * A run that has ended, or begun to end, goes on from before its cooldown: what came after depends on where the run was to
 * end. The newest checkpoint of that end stays, and is what is sampled until the run has seen more images.
 */
import type { CheckpointEntry, RunRecord } from '../../io/runRecord.ts'
import type { Cooldown } from '../../train/schedule.ts'
import { fail } from '../errors.ts'
import type { TrainOptions } from '../settings/options.ts'
import type { Newest } from './newest.ts'

/** Whether a longer run is asked for than the one whose cooldown this is; at its last step it is complete. */
const isLonger = ({ step }: { readonly step: number }, { to }: Cooldown, batch: number, o: TrainOptions): boolean =>
  o.minutes !== undefined || (o.steps !== undefined && o.steps > step && o.steps * batch !== to)

const without = ({ kept: _, ...entry }: CheckpointEntry): CheckpointEntry => entry

/** The record from which the run goes on; the same one unless it goes back. */
export const goingBack = (
  folder: string,
  record: RunRecord,
  { checkpoint }: Newest,
  batch: number,
  o: TrainOptions,
): { readonly record: RunRecord; readonly notices: readonly string[] } => {
  const cooldown = checkpoint?.about.cooldown ?? null
  if (checkpoint === null || cooldown === null || !isLonger(checkpoint.about, cooldown, batch, o))
    return { record, notices: [] }
  const before = record.checkpoints.filter(({ step }) => step * batch <= cooldown.from)
  const from = before.toSorted((a, b) => a.step - b.step).at(-1)
  if (from === undefined)
    return fail(
      `${folder} has no checkpoint from before its cooldown, which began at ${cooldown.from} images: it cannot be prolonged, only started anew`,
    )
  const end = record.checkpoints.filter(({ step }) => step === checkpoint.about.step)
  const others = before.filter(({ file }) => file !== from.file).map(without)
  return {
    record: { ...record, checkpoints: [...end.map((e) => ({ ...e, kept: 'cooled' as const })), ...others, from] },
    notices: [
      `the run continues from step ${from.step}, before its cooldown; its checkpoint of step ${checkpoint.about.step} stays, and is what is sampled until there is one of more images`,
    ],
  }
}
