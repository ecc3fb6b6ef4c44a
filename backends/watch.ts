/** Monitors a WebGPU device for loss and for errors during computation. */

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

/** The part of a WebGPU device by which it is monitored. */
export interface WatchedDevice {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>
  addEventListener: (what: 'uncapturederror', hear: (event: { readonly error: Error }) => void) => void
  readonly queue: { readonly onSubmittedWorkDone: () => Promise<void> }
}

export const watching = (device: WatchedDevice): Watch => {
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
