/** The wasm backend; everything else in this folder is private to it. */
export { wasmBackend } from './backend.ts'

import { wasmBackend } from './backend.ts'

export const wasm = wasmBackend()
