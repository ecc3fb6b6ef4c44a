/** The learning-rate schedules that a setting can name; optimisers take a schedule itself. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { cosineDecay, inverseSqrt, linearDecay, type Schedule, type Warmup, warmup } from './schedule.ts'

/** A learning-rate schedule that settings can name: its name, one line of help, and how it is made. */
export interface ScheduleKind {
  readonly name: string
  /** One line for `--help`. */
  readonly help: string
  /** Whether it has an end, and so needs the images of the whole run. */
  readonly ends: boolean
  readonly make: (c: ScheduleSettings) => Schedule
}

/** What schedules are made from; each takes what it needs. */
export interface ScheduleSettings extends Warmup {
  /** Images of the whole run, for a schedule that ends. */
  readonly images: number
  /** Images from which the rate falls, for a schedule that falls without an end. */
  readonly decayFrom: number
}

/** The last share of a run over which `linear` falls. */
const share = 0.3

/** The table of learning-rate schedules that settings can name. */
export const rateSchedules = {
  constant: {
    name: 'constant',
    help: 'warm-up, then constant',
    ends: false,
    make: warmup,
  },
  inverse_sqrt: {
    name: 'inverse_sqrt',
    help: 'warm-up, constant up to decay_images, and from there a fall with the square root of the images',
    ends: false,
    make: ({ decayFrom, ...c }) => inverseSqrt({ ...c, from: decayFrom }),
  },
  linear: {
    name: 'linear',
    help: 'warm-up, constant, and a linear fall to 0 over the last 30 % of schedule_images',
    ends: true,
    make: (c) => linearDecay({ ...c, share }),
  },
  cosine: {
    name: 'cosine',
    help: 'warm-up, then half a cosine to 0 at schedule_images',
    ends: true,
    make: cosineDecay,
  },
} as const satisfies Readonly<Record<string, ScheduleKind>>
/** The name of a learning-rate schedule of the table. */
export type RateScheduleName = keyof typeof rateSchedules
export const rateScheduleNames = RR.keys(rateSchedules)
