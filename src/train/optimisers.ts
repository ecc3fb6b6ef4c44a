/** The optimisers that a setting can name. `train` takes an optimiser itself, so one that is not here works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { adamwKind } from './adamw.ts'
import { muonKind } from './muon.ts'
import type { OptimiserKind } from './optimiserKind.ts'
import { scheduleFreeKind } from './scheduleFree.ts'
import { sgdKind } from './sgd.ts'

export const optimisers = {
  adamw: adamwKind,
  sgd: sgdKind,
  muon: muonKind,
  schedule_free: scheduleFreeKind,
} as const satisfies Readonly<Record<string, OptimiserKind>>
export type OptimiserName = keyof typeof optimisers
export const optimiserNames = RR.keys(optimisers)
