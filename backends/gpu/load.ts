/** Loads the files that depend on gpu.js, whose types go no further than those files. */
import { Refusal } from '../../src/plan/errors.ts'

/** gpu.js is loaded on demand: it takes longer than all of the rest, and users of the package may not have it. */
export const devices = async (): Promise<typeof import('./devices.ts')> => {
  try {
    return await import('./devices.ts')
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
    if (!missing) throw cause
    throw new Refusal('gpu: it needs the packages gpu.js and webgpu: npm install gpu.js@2.24.1 webgpu@0.6.2', { cause })
  }
}
