/** `diffit verify`: checks the integrity of a run's folder. Reads everything in it, and changes nothing. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { isTemporary } from '../io/atomic.ts'
import { writer } from '../io/lock.ts'
import { pictureWhole } from '../io/png.ts'
import { checkpointsFolder, configPath, metricsPath, names, readConfig, samplesFolder } from '../io/run.ts'
import { checkpointPath, loadCheckpoint } from '../io/runCheckpoints.ts'
import { type MetricsRow, readMetrics } from '../io/runMetrics.ts'
import { type RunRecord, readRecord } from '../io/runRecord.ts'
import type { ConfiguredModel } from '../models/model.ts'
import { must } from './errors.ts'
import { keptAutoencoderPath, readKept } from './latents/autoencoderOfLatents.ts'
import { modelOf } from './model.ts'
import { type Checkpoint, fromFile } from './run/checkpoint.ts'
import { settingsIn } from './run/settingsOfRun.ts'
import { changedSince } from './settings/fixed.ts'
import { type Catalogue, standard } from './settings/options.ts'
import type { Settings } from './settings/settings.ts'
import { type Held, heldBy } from './task.ts'

/** The result of one check: ok, wrong (with the reason), or a note. */
export interface Remark {
  readonly kind: 'ok' | 'wrong' | 'note'
  readonly what: string
}

const ok = (what: string): Remark => ({ kind: 'ok', what })
const wrong = (what: string): Remark => ({ kind: 'wrong', what })
const note = (what: string): Remark => ({ kind: 'note', what })

const checkpointOf = async (
  folder: string,
  record: RunRecord,
  entry: RunRecord['checkpoints'][number],
  held: Held,
  known: Catalogue,
): Promise<E.Either<string, Checkpoint>> =>
  pipe(
    await loadCheckpoint(folder, record, entry)(),
    E.chain((file) =>
      pipe(
        fromFile(held, known)(file),
        E.mapLeft((what) => `${checkpointPath(folder, entry)}: ${what}`),
      ),
    ),
    E.filterOrElse(
      ({ state }) => Object.values(state).every((values) => values.every(Number.isFinite)),
      () => `${checkpointPath(folder, entry)}: it contains non-finite values`,
    ),
    E.filterOrElse(
      ({ about }) => about.step === entry.step,
      ({ about }) => `${checkpointPath(folder, entry)}: it is of step ${about.step}, but the record says ${entry.step}`,
    ),
  )

/** A run's settings must be those of its checkpoints. */
const settingRemarks = (
  folder: string,
  settings: Settings,
  newest: Checkpoint | null,
  known: Catalogue,
): readonly Remark[] => {
  const change = newest === null ? null : changedSince(newest.about, settings, configPath(folder), known)
  return [change === null ? ok(configPath(folder)) : wrong(change)]
}

/** The first row out of place: row i must be of step i and of i batches. */
export const gap = (rows: readonly MetricsRow[], batch: number): string | null => {
  const at = rows.findIndex((row, i) => row.step !== i || row.images !== row.step * batch)
  const row = rows[at]
  return row === undefined ? null : `line ${at + 1} is of step ${row.step} and ${row.images} images`
}

const metricsRemarks = (
  folder: string,
  rows: E.Either<string, readonly MetricsRow[]>,
  { training: { batch } }: Settings,
  newest: number | null,
): readonly Remark[] => {
  if (E.isLeft(rows)) return [wrong(rows.left)]
  const path = metricsPath(folder)
  const broken = gap(rows.right, batch)
  if (broken !== null) return [wrong(`${path}: ${broken}, which does not follow from the line before it`)]
  const last = rows.right.at(-1)?.step ?? null
  return newest !== null && (last === null || last < newest)
    ? [wrong(`${path} ends at step ${last ?? 'none'}, before the checkpoint of step ${newest}`)]
    : [ok(`${path}: ${rows.right.length} rows, to step ${last ?? 'none'}`)]
}

const pictureRemarks = async (folder: string): Promise<readonly Remark[]> => {
  const inside = await must(names(folder))
  const samples = await must(names(samplesFolder(folder)))
  const paths = [
    ...(inside.includes('loss.png') ? [join(folder, 'loss.png')] : []),
    ...samples.filter((name) => /\.(?:png|webp)$/.test(name)).map((name) => join(samplesFolder(folder), name)),
  ]
  const checked = await Promise.all(paths.map((path) => pictureWhole(path)()))
  const bad = checked.filter(E.isLeft).map(({ left }) => wrong(left))
  return bad.length > 0 ? bad : [ok(`${paths.length} images`)]
}

/** What decodes the latents of a run: without it, or with another one, nothing that it samples is a picture. */
const autoencoderRemarks = async (
  folder: string,
  { space }: Pick<ConfiguredModel, 'space'>,
  newest: Checkpoint | null,
  known: Catalogue,
): Promise<readonly Remark[]> =>
  space === 'pixels'
    ? []
    : pipe(
        await readKept(folder, newest === null ? null : newest.about.autoencoder, known)(),
        E.match(
          (why) => [wrong(why)],
          () => [ok(keptAutoencoderPath(folder))],
        ),
      )

type Entry = RunRecord['checkpoints'][number]
const holds = (entries: readonly Entry[], file: string): boolean => entries.some((entry) => entry.file === file)

/** The checkpoints, and other files in their folder. A run still in training adds and deletes checkpoints meanwhile. */
const checkpointRemarks = async (
  folder: string,
  checked: readonly (readonly [Entry, E.Either<string, Checkpoint>])[],
): Promise<{ readonly recorded: readonly Remark[]; readonly strangers: readonly Remark[] }> => {
  const before = checked.map(([entry]) => entry)
  const inside = await must(names(checkpointsFolder(folder)))
  const { checkpoints: after } = await must(readRecord(folder))
  const recorded = checked
    .filter(([entry, one]) => E.isRight(one) || holds(after, entry.file))
    .map(([, one]) =>
      E.match(wrong, ({ about }: Checkpoint) => ok(`checkpoint of step ${about.step}, ${about.images} images`))(one),
    )
  return {
    recorded: after.length === 0 ? [...recorded, note('there is no checkpoint yet')] : recorded,
    strangers: inside
      .filter((file) => !isTemporary(file) && !holds(before, file) && !holds(after, file))
      .map((file) => note(`${join(checkpointsFolder(folder), file)} is not in the run's record and is never read`)),
  }
}

/** Everything that was checked in a folder; fails if the folder holds no run. */
export const remarks = async (folder: string, known: Catalogue = standard): Promise<readonly Remark[]> => {
  const text = await must(readConfig(folder))
  const settings = settingsIn(folder, text, known)
  if (E.isLeft(settings)) return [wrong(settings.left)]
  const record = await readRecord(folder)()
  if (E.isLeft(record)) return [ok(configPath(folder)), wrong(record.left)]
  const { checkpoints } = record.right
  const model = modelOf(settings.right, known)
  const held = heldBy(model, settings.right)
  const checked: (readonly [Entry, E.Either<string, Checkpoint>])[] = []
  for (const entry of checkpoints) checked.push([entry, await checkpointOf(folder, record.right, entry, held, known)])
  const { recorded, strangers } = await checkpointRemarks(folder, checked)
  const newest = checked.map(([, one]) => one).findLast(E.isRight)?.right ?? null
  const busy = await must(writer(folder))
  return [
    ...settingRemarks(folder, settings.right, newest, known),
    ...(await autoencoderRemarks(folder, model, newest, known)),
    ...recorded,
    ...metricsRemarks(folder, await readMetrics(folder)(), settings.right, checkpoints.at(-1)?.step ?? null),
    ...(await pictureRemarks(folder)),
    ...strangers,
    ...(busy === null ? [] : [note(`it is being written to by ${busy}`)]),
  ]
}

const marks = { ok: 'ok   ', wrong: 'WRONG', note: 'note ' } as const

/** @returns whether nothing is wrong */
export const verify = async (
  folder: string,
  say: (line: string) => void = console.log,
  known: Catalogue = standard,
): Promise<boolean> => {
  const all = await remarks(folder, known)
  for (const { kind, what } of all) say(`${marks[kind]}  ${what}`)
  const bad = all.filter(({ kind }) => kind === 'wrong').length
  say(bad === 0 ? `${folder} is intact` : `${folder}: ${bad} thing${bad === 1 ? ' is' : 's are'} wrong`)
  return bad === 0
}
