/** The gpu backend; everything else in this folder is private to it. */
import { gpuBackend } from './backend.ts'
import type { Finding } from './finding.ts'
import { askedDevice } from './host.ts'
import { devices } from './load.ts'

export { gpuBackend } from './backend.ts'
export type { Finding } from './finding.ts'
export { askedDevice, type DeviceName } from './host.ts'

/** All devices that this system may have, and why those that are not there are not. */
export const findings = async (): Promise<readonly Finding[]> => (await devices()).findings()

export const gpu = gpuBackend({ device: askedDevice })
