/** The schedules of guidance that a setting can name. Functions take a schedule itself, so one that is not here works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { constantGuidance } from './constantGuidance.ts'
import { guidanceInterval } from './guidanceInterval.ts'
import type { GuidanceScheduleRow } from './guidanceSchedule.ts'
import { powerCosine } from './powerCosine.ts'

/** The table of schedules of guidance that settings can name. */
export const guidanceSchedules = {
  constant: { of: () => constantGuidance, uses: [] },
  power_cosine: { of: ({ power }) => powerCosine(power), uses: ['power'] },
  interval: { of: ({ low, high }) => guidanceInterval(low, high), uses: ['low', 'high'] },
} as const satisfies Readonly<Record<string, GuidanceScheduleRow>>
/** The name of a schedule of guidance of the table. */
export type GuidanceScheduleName = keyof typeof guidanceSchedules
export const guidanceScheduleNames = RR.keys(guidanceSchedules)
