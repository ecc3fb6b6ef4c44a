/** The wasm backend; everything else in this folder is private to it. */
export { wasmBackend } from './backend.ts'
export { type Choice, choose, chosen, type Finding, findings, type KernelName, words } from './features.ts'
export { type Machine, machine, notWide } from './machine.ts'
export { mostBytes } from './runtime.ts'

import { wasmBackend } from './backend.ts'

/** The kernel form that the environment asks for. */
export const askedKernel: string | undefined = process.env.DIFFIT_WASM_KERNEL || undefined

export const wasm = wasmBackend({ kernel: askedKernel })
