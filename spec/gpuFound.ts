/** Is there a graphics device that `gpu` computes on here? Options of a test that needs one. */
import { deviceStatuses } from '../backends/gpu/index.ts'
import { needs } from './needs.ts'

export const gpuFound = async (): Promise<{ readonly skip: string | false }> => {
  const all = await deviceStatuses()
  const reasons = all.map(({ name, why }) => (why === null ? null : `${name}: ${why}`))
  return needs('webgpu', reasons.some((why) => why === null) ? null : reasons.join('; '))
}
