/** The webgpu backend; everything else in this folder is private to it. */
import { webgpuBackend } from './backend.ts'
import { requestedAdapter } from './host.ts'

export { type WebGpuBackend, type WebGpuExecutable, webgpuBackend } from './backend.ts'
export type { Counts } from './counted.ts'
export { type AdapterStatus, adapterStatus } from './device.ts'
export { requestedAdapter } from './host.ts'

export const webgpu = webgpuBackend({ adapter: requestedAdapter })
