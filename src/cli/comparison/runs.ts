/** The runs of a comparison: their folders, how far each is, and training one, which goes on where it was stopped. */
import { join } from 'node:path'
import { readText } from '../../io/atomic.ts'
import { configPath } from '../../io/run.ts'
import { readRecord } from '../../io/runRecord.ts'
import { must, mustBe } from '../errors.ts'
import { modelOf } from '../model.ts'
import type { Checkpoint } from '../run/checkpoint.ts'
import { completed } from '../run/completed.ts'
import { newest } from '../run/newest.ts'
import { settingsIn } from '../run/settingsOfRun.ts'
import type { Catalogue, Settings, TrainOptions } from '../settings/options.ts'
import { heldBy } from '../task.ts'
import { type Environment, train } from '../train.ts'
import type { Entry } from './entries.ts'

/** A setting's run with one seed. */
export interface Run {
  readonly entry: Entry
  readonly seed: number
  /** Its folder within the comparison's. */
  readonly name: string
  readonly folder: string
}

/** Every setting with the first seed, then with the next. */
export const runsOf = (folder: string, entries: readonly Entry[], seeds: readonly number[]): readonly Run[] =>
  seeds.flatMap((seed) =>
    entries.map((entry) => {
      const name = seeds.length === 1 ? entry.name : `${entry.name}-${seed}`
      return { entry, seed, name, folder: join(folder, name) }
    }),
  )

/** A run with the newest checkpoint that it has. */
export interface Trained {
  readonly settings: Settings
  readonly checkpoint: Checkpoint
}

interface Stand {
  readonly settings: Settings
  /** Null for a run that has not saved one yet. */
  readonly checkpoint: Checkpoint | null
}

/** Null for a run that has not begun. */
export const standOf = async (folder: string, known: Catalogue): Promise<Stand | null> => {
  const text = await must(readText(configPath(folder)))
  if (text === null) return null
  const settings = mustBe(settingsIn(folder, text, known))
  const held = heldBy(modelOf(settings, known), settings)
  return { settings, checkpoint: (await newest(folder, await must(readRecord(folder)), held, known)).checkpoint }
}

/** A run that has a checkpoint. */
const savedOf = (stand: Stand | null): Trained | null =>
  stand === null || stand.checkpoint === null ? null : { settings: stand.settings, checkpoint: stand.checkpoint }

/** Whether it has spent its budget. */
const isOver = (folder: string, { settings, checkpoint }: Trained): boolean =>
  completed({ folder, settings, asked: {} }, checkpoint.about) !== null

/**
 * Trains a run to the end of its budget, from where it stands.
 * @param o the backend and threads
 * @returns null if it was stopped before
 */
export const trained = async (
  { entry, seed, folder }: Pick<Run, 'entry' | 'seed' | 'folder'>,
  o: Pick<TrainOptions, 'backend' | 'threads'>,
  environment: Environment,
  known: Catalogue,
): Promise<Trained | null> => {
  const stand = await standOf(folder, known)
  const saved = savedOf(stand)
  if (saved !== null && isOver(folder, saved)) return saved
  const options = stand === null ? { ...entry.source, ...entry.length, seed, out: folder } : { resume: folder }
  const outcome = await train({ ...o, ...options }, environment, known)
  return outcome?.kind === 'done' ? savedOf(await standOf(folder, known)) : null
}
