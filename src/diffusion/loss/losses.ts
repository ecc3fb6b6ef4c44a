/** The losses that a setting can name. Functions take a loss itself, so one that is not here works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import type { Loss } from './loss.ts'
import { mse } from './mse.ts'
import { smoothL1 } from './smoothL1.ts'

/** The table of losses that settings can name. */
export const losses = { mse, smooth_l1: smoothL1 } as const satisfies Readonly<Record<string, Loss>>
/** The name of a loss of the table. */
export type LossName = keyof typeof losses
export const lossNames = RR.keys(losses)
