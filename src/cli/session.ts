/**
 * One sitting of a training run: steps until the length is reached or someone stops it, and between them the looks that
 * `cadence` asks for. Whatever it writes it writes whole, and metrics before the checkpoint that stands on them, so that
 * killing it at any moment loses at most what came after the last checkpoint.
 */

import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { writeAtomic } from '../io/atomic.ts'
import { lossCurve, rasterise } from '../io/plot.ts'
import { samplePath } from '../io/run.ts'
import { checkpointPath, saveCheckpoint } from '../io/runCheckpoints.ts'
import { type MetricsRow, openMetrics } from '../io/runMetrics.ts'
import type { Spec } from '../nn/spec.ts'
import { type Key, text } from '../random/key.ts'
import type { Shown } from '../train/batch.ts'
import type { Position, Result, Trainer } from '../train/loop.ts'
import { type Asked, meanLoss } from '../train/network.ts'
import {
  type Diary,
  type GridSize,
  gridBudget,
  gridDue,
  gridSize,
  lastGridBudget,
  saveDue,
  validationDue,
} from './cadence.ts'
import { type About, toFile } from './checkpoint.ts'
import { Failure, fail, must } from './errors.ts'
import { drawGrid, type Row } from './grid.ts'
import type { Progress } from './progress.ts'
import type { Settings } from './settings.ts'

export interface Session {
  readonly folder: string
  readonly settings: Settings
  readonly spec: Spec
  readonly trainer: Trainer
  /** The network that validates and samples, with the averaged parameters. */
  readonly asked: Asked
  readonly validation: readonly Shown[]
  readonly rows: readonly Row[]
  readonly key: Key
  readonly sampleKey: Key
  readonly fingerprint: string
  readonly classes: readonly string[]
  /** Where this sitting begins. */
  readonly at: Position
  readonly seconds: number
  readonly gridSeconds: number
  readonly history: readonly MetricsRow[]
  readonly progress: Progress
  /** Seconds since the command began. */
  readonly clock: () => number
  /** Someone asked to stop. */
  readonly stopping: () => boolean
}

export type Ending = { readonly kind: 'done' | 'stopped'; readonly at: Position }

class Interrupted extends Error {}

const allFinite = (values: Float32Array | Float64Array): boolean => values.every(Number.isFinite)

export const session = async (s: Session): Promise<Ending> => {
  const { settings, trainer, asked, progress, folder } = s
  const { batch, loss: lossName } = settings.training
  const metrics = await must(openMetrics(folder))
  const rows: MetricsRow[] = [...s.history]
  let at = s.at
  let good = s.at.step > 0 ? s.at.step : null
  const now = (): number => s.seconds + s.clock()
  const limits = {
    steps: settings.length.steps ?? Number.POSITIVE_INFINITY,
    seconds: (settings.length.minutes ?? Number.POSITIVE_INFINITY) * 60,
  }
  let diary: Diary = { saved: now(), validated: now(), validationCost: 0, drawn: s.seconds, drawing: s.gridSeconds }
  const between = (): void => {
    if (s.stopping()) throw new Interrupted()
  }

  // ---------------------------------------------------------------------------------------------------- looks
  const ready = async (): Promise<void> => asked.executable.write({ theta: (await trainer.state()).average })

  const validate = async (): Promise<number> => {
    const start = now()
    await ready()
    const value = await meanLoss(asked, lossName, between)(s.validation)
    diary = { ...diary, validated: now(), validationCost: now() - start }
    return value
  }

  /** A grid's cost, by what validation costs an image. */
  const secondsOf = ({ columns, steps }: GridSize): number => {
    const padded = (images: number): number => Math.ceil(images / asked.batch) * asked.batch
    const each = diary.validationCost / padded(s.validation.length)
    const sides = asked.classes !== null && settings.sampling.guidance !== 1 ? 2 : 1
    return each * padded(s.rows.length * columns * sides) * (2 * steps - 1)
  }

  const drawSamples = async ({ columns, steps }: GridSize): Promise<void> => {
    const start = now()
    await ready()
    const path = samplePath(folder, at.step)
    await drawGrid(asked, { ...settings.sampling, steps }, { key: s.sampleKey, rows: s.rows, columns, path }, between)
    diary = { ...diary, drawn: now(), drawing: diary.drawing + now() - start }
  }

  const drawLosses = async (): Promise<void> => {
    const svg = lossCurve(rows)
    await must(writeAtomic(join(folder, 'loss.svg'), svg))
    await must(
      pipe(
        rasterise(svg),
        TE.chain((png) => writeAtomic(join(folder, 'loss.png'), png)),
      ),
    )
  }

  // --------------------------------------------------------------------------------------------------- saving
  const broken = (what: string): never =>
    fail(
      `${what} at step ${at.step}: training stopped. ${
        good === null ? 'There is no checkpoint yet' : `The last good checkpoint is ${checkpointPath(folder, good)}`
      }; a lower training.learning_rate than ${settings.training.learning_rate} may help`,
    )

  const save = async (): Promise<void> => {
    const state = await trainer.state()
    if (!Object.values(state).every(allFinite)) broken('A parameter or a moment became NaN or infinite')
    await must(metrics.sync)
    const about: About = {
      ...at,
      seconds: now(),
      gridSeconds: diary.drawing,
      key: text(s.key),
      model: settings.model,
      fingerprint: s.fingerprint,
      classes: s.classes,
    }
    await must(saveCheckpoint(folder, at.step, toFile(s.spec, { about, state })))
    good = at.step
    diary = { ...diary, saved: now() }
  }

  const record = async (result: Result | null, validation: number | null, seconds: number | null): Promise<void> => {
    const row: MetricsRow = {
      ...at,
      loss: result?.loss ?? null,
      validation,
      learningRate: result?.learningRate ?? null,
      gradientNorm: result?.gradientNorm ?? null,
      imagesPerSecond: seconds === null ? null : batch / seconds,
      seconds: now(),
    }
    rows.push(row)
    await must(metrics.append(row))
  }

  // ------------------------------------------------------------------------------------------------ the sitting
  /** Seconds to keep for what comes after the last step. */
  const reserve = (): number => {
    const size = gridSize(lastGridBudget(now()), settings.sampling, secondsOf)
    return 1.2 * (diary.validationCost + secondsOf(size)) + 1
  }
  const ended = (): boolean => at.step >= limits.steps || now() + reserve() >= limits.seconds
  const done = (): number => Math.max(at.step / limits.steps, now() / limits.seconds)

  const run = async (): Promise<Ending['kind']> => {
    if (at.step === 0) {
      progress.say(`measuring the validation loss of ${s.validation.length} held-out pictures`)
      const first = await validate()
      await record(null, first, null)
      progress.say(`validation loss before training: ${first.toFixed(4)}`)
    } else await validate()
    const begun = { now: now(), step: at.step, done: done() }
    let pace = 0
    for (;;) {
      if (s.stopping()) return 'stopped'
      const start = now()
      const result = await trainer.step(at)
      const seconds = Math.max(1e-9, now() - start)
      at = { step: at.step + 1, images: at.images + batch }
      if (!Number.isFinite(result.loss)) broken(`The loss became ${result.loss}`)
      if (!Number.isFinite(result.gradientNorm)) broken(`The gradient's norm became ${result.gradientNorm}`)
      pace = pace === 0 ? seconds : 0.95 * pace + 0.05 * seconds
      const last = ended()
      const validation = last || validationDue(diary, now()) ? await validate().catch(quiet) : null
      await record(result, validation, seconds)
      const part = (done() - begun.done) / Math.max(1e-9, now() - begun.now)
      progress.show({
        step: at.step,
        loss: result.loss,
        imagesPerSecond: batch / pace,
        done: done(),
        left: Math.max(0, 1 - done()) / Math.max(1e-9, part),
      })
      if (last) return 'done'
      if (saveDue(diary, now())) await save()
      if (gridDue(diary, now())) {
        const size = gridSize(gridBudget(diary, now()), settings.sampling, secondsOf)
        if (secondsOf(size) <= gridBudget(diary, now())) {
          await drawSamples(size)
          await drawLosses()
        }
      }
    }
  }

  try {
    const kind = await run().catch((error) => {
      if (error instanceof Interrupted) return 'stopped' as const
      throw error
    })
    if (at.step > 0 && good !== at.step) await save()
    if (kind === 'done') await drawSamples(gridSize(lastGridBudget(now()), settings.sampling, secondsOf)).catch(quiet)
    await drawLosses()
    return { kind, at }
  } catch (error) {
    if (error instanceof Failure) await drawLosses().catch(() => undefined)
    throw error
  } finally {
    progress.stop()
    await metrics.close()
  }
}

/** A look that was interrupted is left out. */
const quiet = (error: unknown): null => {
  if (error instanceof Interrupted) return null
  throw error
}
