/** The gpu backend; everything else in this folder is private to it. */
import { Refusal } from '../../src/plan/errors.ts'
import { gpuBackend } from './backend.ts'
import type { DeviceStatus } from './deviceStatus.ts'
import { devices as names, requestedDevice } from './host.ts'
import { devices } from './load.ts'

export { gpuBackend } from './backend.ts'
export type { DeviceStatus } from './deviceStatus.ts'
export { type DeviceName, requestedDevice } from './host.ts'

/** All devices that this system may have, and why any are missing: all of them where gpu.js is not installed. */
export const deviceStatuses = (load: typeof devices = devices): Promise<readonly DeviceStatus[]> =>
  load().then(
    ({ deviceStatuses }) => deviceStatuses(),
    (error: unknown) => {
      if (!(error instanceof Refusal)) throw error
      return names.map((name) => ({ name, adapter: null, software: false, why: error.message }))
    },
  )

export const gpu = gpuBackend({ device: requestedDevice })
