/**
 * The closed table of backends. Only the command line, tests and benchmarks use it; the rest of `src/` uses the
 * interface.
 */
import type { Backend } from '../src/plan/backend.ts'
import { cpu } from './cpu/index.ts'
import { gpu } from './gpu/index.ts'
import { wasm } from './wasm/index.ts'

export const backends = { cpu, wasm, gpu } satisfies Readonly<Record<string, Backend>>

export type BackendName = keyof typeof backends

const isBackendName = (name: string): name is BackendName => Object.hasOwn(backends, name)
export const backendNames: readonly BackendName[] = Object.keys(backends).filter(isBackendName)
