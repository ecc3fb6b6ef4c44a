/** The distributions of noise levels that a setting can name. Functions take one itself, so any other works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { logitNormal } from './logitNormal.ts'
import { lognormal } from './lognormal.ts'
import type { NoiseDistributionFor } from './noiseDistribution.ts'
import { timesteps } from './timesteps.ts'
import { uniformTime } from './uniformTime.ts'

/** The table of noise distributions that settings can name. */
export const noiseDistributions = {
  lognormal,
  logit_normal: logitNormal,
  uniform_time: () => uniformTime,
  timesteps: (_, process) => timesteps(process),
} as const satisfies Readonly<Record<string, NoiseDistributionFor>>
/** The name of a noise distribution of the table. */
export type NoiseDistributionName = keyof typeof noiseDistributions
export const noiseDistributionNames = RR.keys(noiseDistributions)
