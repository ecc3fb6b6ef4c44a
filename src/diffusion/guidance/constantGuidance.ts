/** The scale w at every noise level (Ho and Salimans 2022). */
import type { GuidanceSchedule } from './guidanceSchedule.ts'

/** The same scale w at every noise level (Ho and Salimans 2022). */
export const constantGuidance: GuidanceSchedule = {
  name: 'constant',
  help: 'the same at every noise level',
  scale: (w) => w,
}
