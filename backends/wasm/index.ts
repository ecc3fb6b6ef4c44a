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

/** What the processor and the engine say of themselves. */
export const { machine } = host

/** The kernel form that the environment asks for. */
export const requestedKernel: string | undefined = host.environment('DIFFIT_WASM_KERNEL')

/** The form that `wasm` computes with. */
export const chosenForm = async (): Promise<Form> => (await chosen(requestedKernel)).form

export const wasm = wasmBackend({ kernel: requestedKernel })
