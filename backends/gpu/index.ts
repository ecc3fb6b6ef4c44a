/** The gpu backend; everything else in this folder is private to it. */
import { gpuBackend } from './backend.ts'
import type { DeviceStatus } from './deviceStatus.ts'
import { requestedDevice } from './host.ts'
import { devices } from './load.ts'

export { gpuBackend } from './backend.ts'
export type { DeviceStatus } from './deviceStatus.ts'
export { type DeviceName, requestedDevice } from './host.ts'

/** All devices that this system may have, and why those that are not there are not. */
export const deviceStatuses = async (): Promise<readonly DeviceStatus[]> => (await devices()).deviceStatuses()

export const gpu = gpuBackend({ device: requestedDevice })
