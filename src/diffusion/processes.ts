/** The processes that a setting can name. Functions take a process itself, so one that is not here works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { edm } from './edm.ts'
import type { ProcessFor } from './process.ts'

export const processes = { edm } as const satisfies Readonly<Record<string, ProcessFor>>
export type ProcessName = keyof typeof processes
export const processNames = RR.keys(processes)
