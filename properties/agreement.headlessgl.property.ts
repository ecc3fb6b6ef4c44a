/** The gpu backend on headlessgl is what the agreement suite says a backend is; without the device it is skipped, and says so. */
import { deviceStatuses, gpuBackend } from '../backends/gpu/index.ts'
import { needs } from '../spec/needs.ts'
import { suite } from './agreement/suite.ts'

const device = 'headlessgl'
const found = (await deviceStatuses()).find((f) => f.name === device)
suite(device, gpuBackend({ device }), needs(device, found?.why ?? null))
