/** For backends whose kernels cannot be watched one by one. */
import type { CompileOptions } from './backend.ts'
import { Refusal } from './errors.ts'

/** Throws a `Refusal` if `observe` was asked for: ignoring it would look like a plan without kernels. */
export const refuseToObserve = (backend: string, { observe }: CompileOptions): void => {
  if (observe !== undefined)
    throw new Refusal(`${backend} does not stop between kernels, so \`observe\` would never be called: observe on cpu.`)
}
