/** The beta schedules that a setting can name. Functions take one itself, so any other works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import type { BetaSchedule } from './betaSchedule.ts'
import { cosineBetas } from './cosineBetas.ts'
import { linearBetas } from './linearBetas.ts'
import { scaledLinearBetas } from './scaledLinearBetas.ts'
import { sigmoidBetas } from './sigmoidBetas.ts'

/** The table of beta schedules that settings can name. */
export const betaSchedules = {
  linear: linearBetas,
  scaled_linear: scaledLinearBetas,
  cosine: cosineBetas,
  sigmoid: sigmoidBetas,
} as const satisfies Readonly<Record<string, BetaSchedule>>
/** The name of a beta schedule of the table. */
export type BetaScheduleName = keyof typeof betaSchedules
export const betaScheduleNames = RR.keys(betaSchedules)
