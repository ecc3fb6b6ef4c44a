/** The agreement suite on every backend that is held to `cpu`; devices that are not there are skipped, and say so. */
import t from 'tap'
import { gpuBackend } from '../backends/gpu/index.ts'
import { wasm } from '../backends/wasm/index.ts'
import { cases } from './agreement/cases.ts'

for (const [name, backend] of [
  ['wasm', wasm],
  ['gpu', gpuBackend({ device: process.env.DIFFIT_GPU })],
] as const)
  for (const c of cases) t.test(`${name}: ${c.name}`, () => c.run(backend))
