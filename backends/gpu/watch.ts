/** Monitors a device for loss and for errors during computation. */
import { WebGPUContext } from 'gpu.js'
import { Refusal } from '../../src/plan/errors.ts'
import type { DeviceName } from './host.ts'

/** An error on a device. */
export type Fault =
  | { readonly kind: 'lost' | 'refused'; readonly why: string }
  /** The device is out of memory. */
  | { readonly kind: 'full' }

export interface Watch {
  /** Why the device was lost; null if it was not. */
  readonly lost: () => string | null
  /** Calls back on every error until the returned function is called. */
  readonly listen: (hear: (fault: Fault) => void) => () => void
  /** Resolves when all work submitted to the device has completed. */
  readonly finish: () => Promise<void>
}

/** The part of a WebGL context that is used to detect its loss. */
export interface GlWatched {
  readonly isContextLost: () => boolean
  readonly finish: () => void
}

type GpuDevice = Awaited<ReturnType<typeof WebGPUContext.acquire>>['device']

const watching = (device: GpuDevice): Watch => {
  let gone: string | null = null
  const hearers = new Set<(fault: Fault) => void>()
  device.lost.then(({ reason, message }) => {
    const why = `${reason}${message === '' ? '' : `, ${message}`}`
    gone = why
    for (const hear of hearers) hear({ kind: 'lost', why })
  })
  device.addEventListener('uncapturederror', ({ error }) => {
    const fault: Fault =
      error.constructor.name === 'GPUOutOfMemoryError' ? { kind: 'full' } : { kind: 'refused', why: error.message }
    for (const hear of hearers) hear(fault)
  })
  return {
    lost: () => gone,
    listen: (hear) => {
      hearers.add(hear)
      return () => hearers.delete(hear)
    },
    finish: () => device.queue.onSubmittedWorkDone(),
  }
}

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
