/** Why a run that is complete cannot be resumed as asked, and what to give instead. */
import { isDeepStrictEqual } from 'node:util'
import { configPath } from '../../io/run.ts'
import { invocation } from '../invocation.ts'
import type { Settings, TrainOptions } from '../settings/options.ts'
import { lastStepOf } from '../settings/settings.ts'
import type { About } from './checkpoint.ts'

interface Resumed {
  readonly folder: string
  /** With the length that was asked for. */
  readonly settings: Pick<Settings, 'length' | 'training'>
  readonly asked: Pick<TrainOptions, 'steps'>
}

/** A run with a schedule that ends cannot be prolonged: at the end the learning rate is 0. */
const afterSchedule = ({ folder, settings: { training }, asked }: Resumed, { images }: About): string | null => {
  const { schedule, schedule_images: end } = training
  if (end === null) return null
  const other = `start a new run: ${invocation('train', `--config ${configPath(folder)} --schedule-images ${2 * end}`)}`
  const why = `the learning rate is 0 from there on, so the run cannot go on; for a longer one`
  if (images >= end) return `${folder} is complete: its schedule "${schedule}" ended at ${end} images; ${why}, ${other}`
  const last = lastStepOf(training)
  return asked.steps !== undefined && asked.steps > last
    ? `--steps is ${asked.steps}: expected at most ${last}, where the schedule "${schedule}" ends at ${end} images; ${why}, ${other}`
    : null
}

/** A sentence; null if there is something left to do. */
export const completed = (run: Resumed, about: About): string | null => {
  const {
    folder,
    settings: { length },
  } = run
  const { steps, minutes } = length
  const more = `to go on for half an hour: ${invocation('train', `--resume ${folder} --minutes 30`)}`
  const ended = afterSchedule(run, about)
  if (ended !== null) return ended
  if (steps !== null && about.step >= steps)
    return `${folder} is complete: step ${about.step} of ${steps}; ${more} (or give --steps, more than ${about.step})`
  // a run ends before its time is over, to have some left for its last images
  const isOver = minutes !== null && (about.seconds >= minutes * 60 - 1 || isDeepStrictEqual(about.done, length))
  return isOver ? `${folder} is complete: it has run for its ${Number(minutes.toFixed(2))} minutes; ${more}` : null
}
