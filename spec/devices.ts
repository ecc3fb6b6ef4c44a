/** Options of tests that run on the gpu backend, whichever of its devices is there. */
import { deviceStatuses } from '../backends/gpu/index.ts'
import type { Backend } from '../src/plan/backend.ts'
import { needs } from './needs.ts'

const devices = await deviceStatuses()
const onAny = needs('webgpu', devices.some((d) => d.why === null) ? null : devices.map((d) => d.why).join('; '))

export const optionsOf = ({ name }: Backend): { readonly skip?: string | false } => (name === 'gpu' ? onAny : {})
