/** The gpu backend; everything else in this folder is private to it. */
export { gpuBackend } from './backend.ts'
export { type Finding, findings } from './devices.ts'
export type { DeviceName } from './host.ts'

import { gpuBackend } from './backend.ts'
import { askedDevice } from './host.ts'

export const gpu = gpuBackend({ device: askedDevice })
