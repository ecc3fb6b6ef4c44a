/** Monitors a device for loss and for errors during computation. */
import { WebGPUContext } from 'gpu.js'
import { Refusal } from '../../src/plan/errors.ts'
import { type Watch, watching } from '../watch.ts'
import type { DeviceName } from './host.ts'

/** The part of a WebGL context that is used to detect its loss. */
export interface GlWatched {
  readonly isContextLost: () => boolean
  readonly finish: () => void
}

type GpuDevice = Awaited<ReturnType<typeof WebGPUContext.acquire>>['device']

/** gpu.js computes everything on one device, which is monitored once. */
const watches = new WeakMap<GpuDevice, Watch>()

/** The device that gpu.js kernels use from now on; after a loss it is a new one. */
export const watchWebGpu = async (): Promise<Watch> => {
  const acquired = WebGPUContext.acquire().catch((cause: unknown) => {
    throw new Refusal(`gpu: webgpu: ${cause instanceof Error ? cause.message : cause}`, { cause })
  })
  const { device } = await acquired
  const watch = watches.get(device) ?? watching(device)
  watches.set(device, watch)
  return watch
}

/** WebGL reports nothing by itself: it is polled before and after. */
export const watchGl = (name: DeviceName, context: () => GlWatched | null): Watch => ({
  lost: () => (context()?.isContextLost() === true ? `${name} has lost its context` : null),
  listen: () => () => undefined,
  finish: async () => context()?.finish(),
})
