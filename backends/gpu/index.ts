/** The gpu backend; everything else in this folder is private to it. */
import { gpuBackend } from './backend.ts'
import type { Finding } from './devices.ts'
import { askedDevice } from './host.ts'

export { gpuBackend } from './backend.ts'
export type { Finding } from './devices.ts'
export type { DeviceName } from './host.ts'

/** All devices that this system may have, and why those that are not there are not. */
export const findings = async (): Promise<readonly Finding[]> => (await import('./devices.ts')).findings()

export const gpu = gpuBackend({ device: askedDevice })
