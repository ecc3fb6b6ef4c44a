/** The samplers that a setting can name. Functions take a sampler itself, so one that is not here works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { ddim } from './ddim.ts'
import { ddpm } from './ddpm.ts'
import { dpmpp2m } from './dpmpp2m.ts'
import { dpmpp2mSde } from './dpmpp2mSde.ts'
import { euler } from './euler.ts'
import { heun } from './heun.ts'
import type { SamplerRow } from './samplerOptions.ts'
import { unipc } from './unipc.ts'

/** The table of samplers that settings can name. */
export const samplers = {
  heun: { of: ({ churn }) => heun(churn), uses: ['churn'] },
  euler: { of: ({ churn }) => euler(churn), uses: ['churn'] },
  ddim: { of: ddim, uses: ['eta', 'useClippedModelOutput'] },
  ddpm: { of: ddpm, uses: ['variance'] },
  'dpmpp-2m': { of: dpmpp2m, uses: ['solverType', 'lowerOrderFinal'] },
  'dpmpp-2m-sde': { of: dpmpp2mSde, uses: ['solverType', 'lowerOrderFinal'] },
  unipc: { of: unipc, uses: ['lowerOrderFinal'] },
} as const satisfies Readonly<Record<string, SamplerRow>>
/** The name of a sampler of the table. */
export type SamplerName = keyof typeof samplers
export const samplerNames = RR.keys(samplers)
