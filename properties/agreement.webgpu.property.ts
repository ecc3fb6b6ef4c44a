/** The gpu backend on webgpu is what the agreement suite says a backend is; without the device it is skipped, and says so. */
import { deviceStatuses, gpuBackend } from '../backends/gpu/index.ts'
import { needs } from '../spec/needs.ts'
import { suite } from './agreement/suite.ts'

const device = 'webgpu'
const found = (await deviceStatuses()).find((f) => f.name === device)
suite(device, gpuBackend({ device }), needs(device, found?.why ?? null))
