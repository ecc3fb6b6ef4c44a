/** The closed table of workloads, in the order of a full run. */
import { attention } from './attention.ts'
import { contract } from './contract.ts'
import { conv3x3 } from './conv3x3.ts'
import { large } from './large.ts'
import { layernorm } from './layernorm.ts'
import { scaling } from './scaling.ts'
import { emoji32, imageS, latentS } from './steps.ts'
import type { Workload } from './workload.ts'

export const workloads: Readonly<Record<string, Workload>> = {
  contract,
  conv3x3,
  attention,
  layernorm,
  'image-s': imageS,
  'latent-s': latentS,
  emoji32,
  scaling,
  'diffit-xl': large,
}
