/** The samplers that a setting can name. Functions take a sampler itself, so one that is not here works as well. */
import * as RR from 'fp-ts/lib/ReadonlyRecord.js'
import { ddim } from './ddim.ts'
import { euler } from './euler.ts'
import { heun } from './heun.ts'
import type { Sampler } from './sampler.ts'

/** The table of samplers that settings can name. */
export const samplers = { heun, euler, ddim } as const satisfies Readonly<Record<string, Sampler>>
/** The name of a sampler of the table. */
export type SamplerName = keyof typeof samplers
export const samplerNames = RR.keys(samplers)
