/** The network of a run, compiled with its averaged parameters to be sampled: the one place that compiles it. */
import type { CompiledNetwork } from '../diffusion/network.ts'
import type { ConfiguredModelOf } from '../models/model.ts'
import type { Numbers } from '../plan/backend.ts'
import type { Machine } from './latents/autoencoderOfLatents.ts'
import { compileNetwork, largestNetwork, shapesOf } from './plans.ts'
import type { Settings } from './settings/options.ts'
import { processOf } from './settings/tables.ts'

export interface ToSample {
  readonly settings: Pick<Settings, 'training'>
  readonly model: ConfiguredModelOf<'denoising'>
  /** The parameters to evaluate with. */
  readonly theta: Numbers
}

/** Images at a time unless fewer are needed or fit; images are independent, so it affects memory and speed only. */
export const together = 16

/** @param most images at a time; fewer where the memory does not hold them */
export const sampledNetwork = async (
  { settings, model, theta }: ToSample,
  { backend, threads }: Machine,
  most: number = together,
): Promise<CompiledNetwork> => {
  const { batch, plan } = await largestNetwork(model, most, backend)
  const executable = await compileNetwork(plan, batch, backend, threads)
  try {
    await executable.write({ theta })
    return { ...shapesOf(model, batch), executable, process: processOf(settings.training) }
  } catch (error) {
    await executable.dispose()
    throw error
  }
}
