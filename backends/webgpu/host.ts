/** WebGPU in Node: the package `webgpu` (Dawn). `host.browser.ts` replaces it in browsers. */
import { createRequire } from 'node:module'
import { Refusal } from '../../src/plan/errors.ts'
import { type GpuEntry, isGpuEntry } from './api.ts'

/** The adapter requested by the environment: a part of its name, or `null` for Dawn's null backend, which computes nothing. */
export const requestedAdapter: string | undefined = process.env.DIFFIT_WEBGPU || undefined

/** What an adapter needs. */
export const advice =
  'it needs a Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows) driver; on Debian, libvulkan1 and the driver of the card'

interface WebGpuPackage {
  readonly create: (flags: readonly string[]) => unknown
}

const isWebGpuPackage = (x: unknown): x is WebGpuPackage =>
  typeof x === 'object' && x !== null && 'create' in x && typeof x.create === 'function'

/**
 * Dawn zeroes workgroup memory by a loop, since software drivers take minutes to compile the other way, and reports
 * times as exactly as the driver does.
 */
const features = 'disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension,timestamp_quantization'

const flagsOf = (adapter: string | undefined): readonly string[] =>
  adapter === undefined ? [features] : [adapter === 'null' ? 'backend=null' : `adapter=${adapter}`, features]

const load = (): unknown => {
  try {
    return createRequire(import.meta.url)('webgpu')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND')
      throw new Refusal('webgpu: it needs the package webgpu: npm install webgpu@0.6.2', { cause })
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new Refusal(`webgpu: the package webgpu does not load: ${why}`, { cause })
  }
}

/** Dawn ends with the object that it was created as, and with it every device: one each is kept for the process. */
const created = new Map<string | undefined, GpuEntry>()

/** A `Refusal` if there is no package. */
export const entry = (adapter: string | undefined): GpuEntry => {
  const known = created.get(adapter)
  if (known !== undefined) return known
  const found = load()
  const made = isWebGpuPackage(found) ? found.create(flagsOf(adapter)) : null
  if (isGpuEntry(made)) {
    created.set(adapter, made)
    return made
  }
  throw new Refusal('webgpu: the package webgpu makes no devices: npm install webgpu@0.6.2')
}
