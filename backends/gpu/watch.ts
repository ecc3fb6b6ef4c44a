/** Whether a device is still there, and what it complains about while it computes. */
import { WebGPUContext } from 'gpu.js'
import { Refusal } from '../../src/plan/errors.ts'
import type { DeviceName } from './host.ts'

/** What went wrong on a device. */
export type Fault =
  | { readonly kind: 'lost' | 'refused'; readonly why: string }
  /** The device has no memory left. */
  | { readonly kind: 'full' }

export interface Watch {
  /** Why the device is gone; null while it is there. */
  readonly lost: () => string | null
  /** Calls back at every fault until the function that it returns is called. */
  readonly listen: (hear: (fault: Fault) => void) => () => void
  /** Resolves when everything that was asked of the device is computed. */
  readonly finish: () => Promise<void>
}

/** What is used of a WebGL context to see whether it is there. */
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

/** gpu.js computes everything on one device, which is watched once. */
const watches = new WeakMap<GpuDevice, Watch>()

/** The device that kernels of gpu.js compute on from now on; after a loss it is a new one. */
export const watchWebGpu = async (): Promise<Watch> => {
  const acquired = WebGPUContext.acquire().catch((cause: unknown) => {
    throw new Refusal(`gpu: webgpu: ${cause instanceof Error ? cause.message : cause}`, { cause })
  })
  const { device } = await acquired
  const watch = watches.get(device) ?? watching(device)
  watches.set(device, watch)
  return watch
}

/** WebGL says nothing by itself: it is asked before and after. */
export const watchGl = (name: DeviceName, context: () => GlWatched | null): Watch => ({
  lost: () => (context()?.isContextLost() === true ? `${name} has lost its context` : null),
  listen: () => () => undefined,
  finish: async () => context()?.finish(),
})
