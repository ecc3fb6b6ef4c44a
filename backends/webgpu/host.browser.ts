/** WebGPU in a page: `navigator.gpu` exists or it does not, and the browser chooses the adapter. */
import { Refusal } from '../../src/plan/errors.ts'
import { type GpuEntry, isGpuEntry } from './api.ts'

export const requestedAdapter: string | undefined = undefined

export const advice = 'it needs a browser with WebGPU and an adapter (chrome://gpu lists them)'

export const entry = (adapter: string | undefined): GpuEntry => {
  if (adapter !== undefined) throw new Refusal(`webgpu: a browser chooses the adapter itself, "${adapter}" or another`)
  const found: unknown = Reflect.get(navigator, 'gpu')
  if (isGpuEntry(found)) return found
  throw new Refusal(`webgpu: this page has no navigator.gpu: ${advice}`)
}
