/**
 * Performs the actions that `session.ts` decides on: steps on the backend, files, images. Metrics reach the disk before
 * the checkpoint that they lead up to, and every file is written atomically, so that killing the process at any moment
 * loses at most what came after the last checkpoint.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { DataLost } from '../../data/dataLost.ts'
import { writeAtomic } from '../../io/atomic.ts'
import type { Lock } from '../../io/lock.ts'
import { type LossHistory, lossHistory } from '../../io/lossHistory.ts'
import { type LossRow, lossCurve, rasterise } from '../../io/plot.ts'
import { samplePath } from '../../io/run.ts'
import { checkpointPath, keepCheckpoint, saveCheckpoint } from '../../io/runCheckpoints.ts'
import { type Metrics, type MetricsRow, openMetrics } from '../../io/runMetrics.ts'
import type { Kept, RunRecord } from '../../io/runRecord.ts'
import type { Executable, Numbers } from '../../plan/backend.ts'
import { type Key, text } from '../../random/key.ts'
import type { State as Parameters, States } from '../../train/checkpoint.ts'
import type { StepResult } from '../../train/run.ts'
import type { Cooldown } from '../../train/schedule.ts'
import { fail, isForeseen, must } from '../errors.ts'
import { invocation } from '../invocation.ts'
import type { Report } from '../objectives/objective.ts'
import type { Progress } from '../progress.ts'
import { toFile } from '../run/checkpoint.ts'
import type { Fixed } from '../settings/fixed.ts'
import { limitsOf, type Settings } from '../settings/settings.ts'
import { begin, reduce } from './session.ts'
import type { Action, Effect, Ending, Event, Plan, Position, State } from './turn.ts'

export interface Session {
  readonly folder: string
  readonly lock: Lock
  readonly record: RunRecord
  readonly settings: Settings
  /** Those that may not change. */
  readonly fixed: Fixed
  readonly states: States
  /** The run's state on the backend. */
  readonly state: () => Promise<Parameters>
  /** The parameters to evaluate with. */
  readonly parameters: () => Promise<Numbers>
  /** The run's updates from a position, with the learning rate of a cooldown if there is one. */
  readonly updates: (at: Position, cooldown: Cooldown | null) => AsyncIterator<StepResult>
  /** The cooldown that the run was in. */
  readonly cooldown: Cooldown | null
  /** The network for validation and pictures, to which the parameters to evaluate with are written. */
  readonly network: Executable
  readonly report: Report
  readonly key: Key
  readonly fingerprint: string
  /** Of the autoencoder whose latents the images are, its content hash; null in pixel space. */
  readonly autoencoder: string | null
  readonly classes: readonly string[]
  /** The position at which the session starts. */
  readonly at: Position
  readonly seconds: number
  readonly gridSeconds: number
  readonly history: readonly MetricsRow[]
  readonly progress: Progress
  /** Seconds since the command started. */
  readonly clock: () => number
  /** Whether a stop was requested. */
  readonly stopping: () => boolean
}

/** How a session that did not fail ended. */
export interface Outcome {
  readonly kind: 'done' | 'stopped'
  readonly at: Position
}

class Interrupted extends Error {}

const allFinite = (values: Float32Array | Float64Array): boolean => values.every(Number.isFinite)

const planOf = (s: Session): Plan => ({
  batch: s.settings.training.batch,
  ...limitsOf(s.settings),
  cooldown: s.settings.training.cooldown,
  cadence: s.settings.cadence,
  grid: s.report.picture,
  validation: s.report.images,
  gridSeconds: s.report.pictureSeconds,
})

const plot = (folder: string, rows: readonly LossRow[]): TE.TaskEither<string, void> =>
  pipe(
    lossCurve(rows),
    TE.chainFirst((svg) => writeAtomic(join(folder, 'loss.svg'), svg)),
    TE.chain(rasterise),
    TE.chain((png) => writeAtomic(join(folder, 'loss.png'), png)),
  )

/** What is kept between actions besides the session's state. */
interface RunFiles {
  readonly metrics: Metrics
  readonly losses: LossHistory
  record: RunRecord
  updates: AsyncIterator<StepResult>
}

/** Which of a run's checkpoints outlasts the three newest, and why. */
const keptOf = ({ ending, cooldown }: State, beforeCooldown: boolean): Kept | null =>
  beforeCooldown ? 'before_cooldown' : ending?.kind === 'done' && cooldown !== null ? 'cooled' : null

type Saving =
  | { readonly kind: 'saved' | 'non-finite' }
  | { readonly kind: 'unwritten'; readonly what: 'checkpoint'; readonly why: string }

/** @param beforeCooldown whether it is the last one before a cooldown */
const save = async (
  s: Session,
  files: RunFiles,
  state: State,
  now: number,
  beforeCooldown = false,
): Promise<Saving> => {
  const { at, timings, ending, cooldown } = state
  const held = await s.lock.check()
  if (E.isLeft(held))
    return s.lock.lost() === null ? { kind: 'unwritten', what: 'checkpoint', why: held.left } : fail(held.left)
  const values = await s.state()
  if (!Object.values(values).every(allFinite)) return { kind: 'non-finite' }
  const about = {
    ...at,
    seconds: now,
    gridSeconds: timings.drawing,
    key: text(s.key),
    model: s.settings.model,
    fingerprint: s.fingerprint,
    autoencoder: s.autoencoder,
    classes: s.classes,
    fixed: s.fixed,
    done: ending?.kind === 'done' ? s.settings.length : null,
    cooldown,
  }
  return pipe(
    files.metrics.sync,
    TE.chain(() =>
      saveCheckpoint(
        s.folder,
        files.record,
        { step: at.step, kept: keptOf(state, beforeCooldown) },
        toFile(s.states, { about, state: values }),
      ),
    ),
    TE.match(
      (why): Saving => ({ kind: 'unwritten', what: 'checkpoint', why }),
      ({ record, notice }): Saving => {
        files.record = record
        if (notice !== null) s.progress.say(notice)
        return { kind: 'saved' }
      },
    ),
  )()
}

/** The newest checkpoint, which is of this step, becomes the one before the cooldown. */
const marked = (s: Session, files: RunFiles): Promise<Saving> =>
  pipe(
    keepCheckpoint(s.folder, files.record, 'before_cooldown'),
    TE.match(
      (why): Saving => ({ kind: 'unwritten', what: 'checkpoint', why }),
      (record): Saving => {
        files.record = record
        return { kind: 'saved' }
      },
    ),
  )()

const performing =
  (s: Session, files: RunFiles, now: () => number) =>
  async (action: Action, state: State): Promise<Event> => {
    const stopCheck = (): void => {
      if (s.stopping()) throw new Interrupted()
    }
    const averaged = async (): Promise<void> => s.network.write({ theta: await s.parameters() })
    const start = now()
    switch (action.kind) {
      case 'step': {
        const { value: result, done } = await files.updates.next()
        if (done === true) throw new TypeError('the training stream ended')
        return { kind: 'stepped', result, seconds: now() - start }
      }
      case 'validate': {
        await averaged()
        return { kind: 'validated', ...(await s.report.validate(stopCheck)), seconds: now() - start }
      }
      case 'draw': {
        await averaged()
        const written = await s.report.draw(action.size, samplePath(s.folder, state.at.step), stopCheck)
        return written._tag === 'Right'
          ? { kind: 'drawn', seconds: now() - start }
          : { kind: 'unwritten', what: 'samples', why: written.left }
      }
      case 'plot': {
        const written = await plot(s.folder, files.losses.rows())()
        return written._tag === 'Right' ? { kind: 'plotted' } : { kind: 'unwritten', what: 'curve', why: written.left }
      }
      case 'save':
        return save(s, files, state, now())
      case 'cool': {
        const { cooldown } = action
        const begins = state.cooldown === null
        const saved =
          begins && state.good === state.at.step
            ? await marked(s, files)
            : await save(s, files, begins ? state : { ...state, cooldown }, now(), begins)
        if (saved.kind === 'non-finite') return saved
        await files.updates.return?.()
        files.updates = s.updates(state.at, cooldown)
        return { kind: 'cooling', cooldown, unwritten: saved.kind === 'unwritten' ? saved.why : null }
      }
      case 'finish':
        throw new RangeError('a finished session has no next action')
    }
  }

/** The error message of a failed run: why, and what it can be resumed from. */
const sentence = (s: Session, { record }: RunFiles, { cause, why }: Extract<Ending, { kind: 'failed' }>): string => {
  if (cause === 'untrained')
    return `${why}. No setting of the training made it; this prints one step up to its first NaN: ${invocation('train', `--resume ${s.folder} --backend cpu --trace`)}`
  const newest = record.checkpoints.at(-1)
  const slower = `a new run with a lower training.learning_rate than ${s.settings.training.learning_rate} may help`
  if (newest === undefined)
    return `${why}. There is no checkpoint to resume from${cause === 'not finite' ? `; ${slower}` : ''}`
  const advice = cause === 'not finite' ? slower : `resume with: ${invocation('train', `--resume ${s.folder}`)}`
  return `${why}. The last good checkpoint is ${checkpointPath(s.folder, newest)}; ${advice}`
}

export const drive = async (s: Session): Promise<Outcome> => {
  const now = (): number => s.seconds + s.clock()
  const files: RunFiles = {
    metrics: await must(openMetrics(s.folder)),
    losses: lossHistory(),
    record: s.record,
    updates: s.updates(s.at, s.cooldown),
  }
  for (const row of s.history) files.losses.add(row)
  const step = reduce(planOf(s))
  const perform = performing(s, files, now)
  const take = async (effect: Effect): Promise<void> => {
    if (effect.kind === 'say') s.progress.say(effect.line)
    else if (effect.kind === 'show') s.progress.show(effect.reading)
    else {
      files.losses.add(effect.row)
      await files.metrics.append(effect.row)()
    }
  }
  const outcome = (ending: Ending, at: Position): Outcome =>
    ending.kind === 'failed' ? fail(sentence(s, files, ending)) : { kind: ending.kind, at }

  let state = begin(planOf(s), { at: s.at, now: now(), gridSeconds: s.gridSeconds, cooldown: s.cooldown })
  let event: Event = { kind: 'begun' }
  try {
    for (;;) {
      const turn = step(state, event, { now: now(), stopping: s.stopping() })
      const lost = s.lock.lost()
      if (lost !== null) fail(lost)
      for (const effect of turn.effects) await take(effect)
      state = turn.state
      if (turn.action.kind === 'finish') return outcome(turn.action.ending, state.at)
      event = await perform(turn.action, state).catch((error): Event => {
        if (error instanceof Interrupted) return { kind: 'interrupted' }
        if (s.lock.lost() === null && isForeseen(error))
          return { kind: error instanceof DataLost ? 'unreadable' : 'lost', why: error.message }
        throw error
      })
    }
  } finally {
    s.progress.stop()
    await files.metrics.close()
  }
}
