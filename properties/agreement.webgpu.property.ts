/** The agreement suite on the gpu backend with WebGPU; skipped with a message without the device. */
import { deviceStatuses, gpuBackend } from '../backends/gpu/index.ts'
import { needs } from '../spec/needs.ts'
import { suite } from './agreement/suite.ts'

const device = 'webgpu'
const found = (await deviceStatuses()).find((f) => f.name === device)
suite(device, gpuBackend({ device }), needs(device, found?.why ?? null))
