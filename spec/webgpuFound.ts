/** Is there an adapter that `webgpu` computes on here? Options of a test that needs one. */
import { adapterStatus, requestedAdapter } from '../backends/webgpu/index.ts'
import { Refusal } from '../src/plan/errors.ts'
import { needs } from './needs.ts'

export const webgpuFound = async (): Promise<{ readonly skip: string | false }> =>
  needs(
    'webgpu',
    await adapterStatus(requestedAdapter).then(
      () => null,
      (error: unknown) => {
        if (error instanceof Refusal) return error.message
        throw error
      },
    ),
  )
