/** The weightings of noise levels that a setting can name. Functions take one itself, so any other works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { edmWeight } from './edmWeight.ts'
import { minSnr } from './minSnr.ts'
import { ownWeight } from './ownWeight.ts'
import type { Weighting } from './weighting.ts'

/** The table of weightings that settings can name. */
export const weightings = { process: ownWeight, min_snr: minSnr, edm: edmWeight } as const satisfies Readonly<
  Record<string, Weighting>
>
/** The name of a weighting of the table. */
export type WeightingName = keyof typeof weightings
export const weightingNames = RR.keys(weightings)
