/** Options of tests that run on the gpu backend, whichever of its devices is there, or on the webgpu backend. */
import { deviceStatuses } from '../backends/gpu/index.ts'
import type { Backend } from '../src/plan/backend.ts'
import { needs } from './needs.ts'
import { webgpuFound } from './webgpuFound.ts'

const devices = await deviceStatuses()
const onAny = needs('webgpu', devices.some((d) => d.why === null) ? null : devices.map((d) => d.why).join('; '))
const onAdapter = await webgpuFound()

export const optionsOf = ({ name }: Backend): { readonly skip?: string | false } =>
  name === 'gpu' ? onAny : name === 'webgpu' ? onAdapter : {}
