/** The samplers that a setting can name. Functions take a sampler itself, so one that is not here works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { ddim } from './ddim.ts'
import { ddpm } from './ddpm.ts'
import { dpmpp2m } from './dpmpp2m.ts'
import { dpmpp2mSde } from './dpmpp2mSde.ts'
import { euler } from './euler.ts'
import { heun } from './heun.ts'
import type { SamplerFor } from './samplerOptions.ts'
import { unipc } from './unipc.ts'

/** The table of samplers that settings can name. */
export const samplers = {
  heun: ({ churn }) => heun(churn),
  euler: ({ churn }) => euler(churn),
  ddim,
  ddpm,
  'dpmpp-2m': dpmpp2m,
  'dpmpp-2m-sde': dpmpp2mSde,
  unipc,
} as const satisfies Readonly<Record<string, SamplerFor>>
/** The name of a sampler of the table. */
export type SamplerName = keyof typeof samplers
export const samplerNames = RR.keys(samplers)
