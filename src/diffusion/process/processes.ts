/** The processes that a setting can name. Functions take a process itself, so one that is not here works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { discrete } from './discrete.ts'
import { edm } from './edm.ts'
import { flow } from './flow.ts'
import type { ProcessFor } from './process.ts'

/** The table of processes that settings can name. */
export const processes = {
  edm: ({ sigmaData }) => edm(sigmaData),
  discrete,
  flow: () => flow,
} as const satisfies Readonly<Record<string, ProcessFor>>
/** The name of a process of the table. */
export type ProcessName = keyof typeof processes
export const processNames = RR.keys(processes)
