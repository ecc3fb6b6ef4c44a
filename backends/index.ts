/** `diffit/backends`: the table of backends. The rest of the library knows their interface only, `Backend`. */
import type { Backend } from '../src/plan/backend.ts'
import { cpu } from './cpu/index.ts'
import { gpu } from './gpu/index.ts'
import { wasm } from './wasm/index.ts'
import { webgpu } from './webgpu/index.ts'

/**
 * The four backends: `cpu` (float64, the reference), `wasm` (float32, threads), `gpu` (float32, gpu.js) and `webgpu` (float32,
 * a device at its own speed).
 */
export const backends = { cpu, wasm, gpu, webgpu } satisfies Readonly<Record<string, Backend>>

/** The name of a backend of the table. */
export type BackendName = keyof typeof backends

const isBackendName = (name: string): name is BackendName => Object.hasOwn(backends, name)
/** The names of the backends. */
export const backendNames: readonly BackendName[] = Object.keys(backends).filter(isBackendName)
