/** How a run starts: its settings, folder and initial state, for a new run and for a resumed one. */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readText, writeAtomic } from '../../io/atomic.ts'
import { type Lock, lock } from '../../io/lock.ts'
import { configPath, makeFolders, metricsPath, newFolder, readConfig, requireEmpty, sweep } from '../../io/run.ts'
import { setAside, sweepCheckpoints } from '../../io/runCheckpoints.ts'
import { cutMetrics, type MetricsRow } from '../../io/runMetrics.ts'
import { newRecord, type RunRecord, readRecord, writeRecord } from '../../io/runRecord.ts'
import type { ScaledAutoencoder } from '../autoencoder/autoencoderFile.ts'
import { fail, must, mustBe } from '../errors.ts'
import { keepAutoencoder } from '../latents/autoencoderOfLatents.ts'
import { modelOf } from '../model.ts'
import { changedSince } from '../settings/fixed.ts'
import { refusedWithResume } from '../settings/flags.ts'
import type { Catalogue, Settings, TrainOptions } from '../settings/options.ts'
import { extended, readRun, readSettings, settingsOf, writeSettings } from '../settings/settings.ts'
import { heldBy } from '../task.ts'
import type { Checkpoint } from './checkpoint.ts'
import { completed } from './completed.ts'
import { goingBack } from './goingBack.ts'
import { newest, passedOver } from './newest.ts'

export interface Start {
  readonly settings: Settings
  /** The text of the settings file. */
  readonly text: string | null
  readonly folder: string
  readonly checkpoint: Checkpoint | null
  /** Whether the folder holds the run already. */
  readonly resumed: boolean
  /** Messages for the user. */
  readonly notices: readonly string[]
  /** Prepares the folder for the first step; nothing is written before it is called. */
  readonly open: (settings: Settings, autoencoder: ScaledAutoencoder | null) => Promise<Opened>
  /** Releases the folder's lock if the run is abandoned. */
  readonly release: () => Promise<void>
}

export interface Opened {
  readonly lock: Lock
  readonly record: RunRecord
  /** The metrics rows so far. */
  readonly history: readonly MetricsRow[]
  /** Messages about the folder's contents. */
  readonly found: readonly string[]
}

/** Whether the options only inspect a run or print its plan. */
const looksOnly = (o: TrainOptions): boolean => o.trace === true || o.dryRun === true

/** Settings read from a file; an error names the file. */
const inFile = (path: string, settings: E.Either<string, Settings>): Settings =>
  mustBe(E.mapLeft((what: string) => `${path}: ${what}`)(settings))

const given = (path: string): TE.TaskEither<string, string> =>
  pipe(
    readText(path),
    TE.filterOrElse(
      (text) => text !== null,
      () => `cannot read ${path}: no such file or folder`,
    ),
  )

const dated = (now: Date): string => join('runs', now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '-'))

export const newRun = async (o: TrainOptions, known: Catalogue): Promise<Start> => {
  const text = o.config === undefined ? null : await must(given(o.config))
  const settings =
    o.config === undefined || text === null
      ? mustBe(settingsOf(null, o, known))
      : inFile(o.config, readSettings(text, o, known))
  const folder = o.out ?? dated(new Date())
  if (!looksOnly(o)) await must(requireEmpty(folder))
  let held: Lock | null = null
  return {
    settings,
    text,
    folder,
    checkpoint: null,
    resumed: false,
    notices: [],
    open: async (final, autoencoder) => {
      held = await must(newFolder(folder))
      const record = newRecord()
      await must(writeRecord(folder, record))
      if (autoencoder !== null) await must(keepAutoencoder(folder, autoencoder))
      await must(writeAtomic(configPath(folder), writeSettings(final, known)))
      return { lock: held, record, history: [], found: [] }
    },
    release: async () => held?.release(),
  }
}

// ------------------------------------------------------------------------------------------------- resuming
/** Refuses settings that affect the results and differ from the checkpoint's. */
const refuseChanged = (folder: string, settings: Settings, { about }: Checkpoint, known: Catalogue): void => {
  const change = changedSince(about, settings, configPath(folder), known)
  if (change !== null) fail(change)
}

/** Of a run that an earlier version began. */
const earlier = (checkpoint: Checkpoint | null): readonly string[] =>
  checkpoint?.format === 1
    ? ['this run was begun by an earlier version: it continues, with other roundings than that version would have']
    : []

/** Reports rows removed since the checkpoint was written: only the loss curve needs them. */
const missingRows = (folder: string, history: readonly MetricsRow[], step: number | null): readonly string[] => {
  const last = history.at(-1)?.step ?? -1
  return step === null || last >= step
    ? []
    : [`${metricsPath(folder)} has no rows for steps ${last + 1} to ${step}: the run continues without them`]
}

/**
 * Prepares a run's folder for writing: removes partial files, sets damaged checkpoints aside, truncates the metrics.
 */
const settled = async (
  folder: string,
  record: RunRecord,
  damaged: readonly { readonly entry: RunRecord['checkpoints'][number] }[],
  step: number | null,
): Promise<Omit<Opened, 'lock'>> => {
  await must(makeFolders(folder))
  await must(sweep(folder))
  let current = record
  for (const { entry } of damaged) current = await must(setAside(folder, current, entry))
  await must(writeRecord(folder, current))
  await must(sweepCheckpoints(folder, current))
  const history = await must(cutMetrics(folder, step ?? -1))
  return { record: current, history, found: missingRows(folder, history, step) }
}

export const resumedRun = async (folder: string, o: TrainOptions, known: Catalogue): Promise<Start> => {
  const refused = refusedWithResume(o, known)
  if (refused !== null) fail(refused)
  const text = await must(readConfig(folder))
  const looking = looksOnly(o)
  const held = looking ? null : await must(lock(folder))
  try {
    const read = inFile(configPath(folder), readRun(text, o, known))
    const states = heldBy(modelOf(read, known), read)
    const all = await must(readRecord(folder))
    const last = await newest(folder, all, states, known)
    const back = goingBack(folder, all, last, read.training.batch, o)
    const found = back.record
    const from = found === all ? last : await newest(folder, found, states, known)
    const { checkpoint } = from
    const settings =
      checkpoint === null ? read : { ...read, length: extended(read.length, o, checkpoint.about.seconds) }
    if (checkpoint !== null && !looking) {
      refuseChanged(folder, settings, checkpoint, known)
      const over = completed({ folder, settings, asked: o }, checkpoint.about)
      if (over !== null) fail(over)
    }
    return {
      settings,
      text,
      folder,
      checkpoint,
      resumed: true,
      notices: [
        ...(held?.notice == null ? [] : [held.notice]),
        ...passedOver(from),
        ...back.notices,
        ...earlier(checkpoint),
      ],
      open: async (final) => {
        if (held === null) return fail('a run opened read-only cannot be written to')
        if (writeSettings(final, known) !== text)
          await must(writeAtomic(configPath(folder), writeSettings(final, known)))
        return { lock: held, ...(await settled(folder, found, from.damaged, checkpoint?.about.step ?? null)) }
      },
      release: async () => held?.release(),
    }
  } catch (error) {
    await held?.release()
    throw error
  }
}
