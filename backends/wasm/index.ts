/** The wasm backend; everything else in this folder is private to it. */
export { wasmBackend } from './backend.ts'
export {
  chooseForm,
  chosen,
  type FormChoice,
  type KernelName,
  type KernelStatus,
  kernelStatuses,
  words,
} from './features.ts'
export { type Machine, notWide } from './machine.ts'
export { mostBytes, mostThreads } from './runtime.ts'

import { wasmBackend } from './backend.ts'
import { chosen } from './features.ts'
import { host } from './host.ts'
import type { Form } from './microkernel.ts'

/** What the processor and the engine report. */
export const { machine } = host

/** The kernel variant requested by the environment. */
export const requestedKernel: string | undefined = host.environment('DIFFIT_WASM_KERNEL')

/** The variant that `wasm` uses. */
export const chosenForm = async (): Promise<Form> => (await chosen(requestedKernel)).form

export const wasm = wasmBackend({ kernel: requestedKernel })
