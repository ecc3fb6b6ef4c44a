/** The schedules that a setting can name. Functions take levels themselves, so any others work as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { admSpacing } from './admSpacing.ts'
import { ddimSpacing } from './ddimSpacing.ts'
import { evenTime } from './evenTime.ts'
import { exponential } from './exponential.ts'
import { karras } from './karras.ts'
import { leading } from './leading.ts'
import { linspace } from './linspace.ts'
import type { Schedule } from './schedule.ts'
import { trailing } from './trailing.ts'

/** The table of schedules of noise levels that settings can name. */
export const schedules = {
  karras,
  exponential,
  even_time: evenTime,
  leading,
  linspace,
  trailing,
  adm: admSpacing,
  ddim: ddimSpacing,
} as const satisfies Readonly<Record<string, Schedule>>
/** The name of a schedule of the table. */
export type ScheduleName = keyof typeof schedules
export const scheduleNames = RR.keys(schedules)
