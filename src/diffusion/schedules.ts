/** The schedules that a setting can name. Functions take levels themselves, so any others work as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { exponential } from './exponential.ts'
import { karras } from './karras.ts'
import type { Schedule } from './schedule.ts'

export const schedules = { karras, exponential } as const satisfies Readonly<Record<string, Schedule>>
export type ScheduleName = keyof typeof schedules
export const scheduleNames = RR.keys(schedules)
