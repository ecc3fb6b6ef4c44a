/** What settings say of samplers: what one leaves open, with diffusers' default. A sampler takes no notice of the others'. */
import { type Churn, noChurn } from './churn.ts'
import { type DdimOptions, defaultDdimOptions } from './ddim.ts'
import { type DdpmOptions, defaultDdpmOptions } from './ddpm.ts'
import { type DpmppOptions, defaultDpmppOptions } from './dpmpp.ts'
import type { Sampler } from './sampler.ts'
import { defaultUnipcOptions, type UnipcOptions } from './unipc.ts'

/** The options of all samplers of the table. */
export interface SamplerOptions extends DdimOptions, DdpmOptions, DpmppOptions, UnipcOptions {
  /** Of `euler` and `heun`. */
  readonly churn: Churn
}

/** diffusers' defaults, and the variance that the network answers, where it does. */
export const defaultSamplerOptions: SamplerOptions = {
  ...defaultDdimOptions,
  ...defaultDdpmOptions,
  ...defaultDpmppOptions,
  ...defaultUnipcOptions,
  churn: noChurn,
}

/** A sampler by its options, as the rows of the table are. */
export interface SamplerRow {
  readonly of: (options: SamplerOptions) => Sampler
  /** The options on which it depends. */
  readonly uses: readonly (keyof SamplerOptions)[]
}
