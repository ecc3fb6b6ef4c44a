/** The gpu backend in Node: where its devices come from. `host.browser.ts` replaces it in browsers. */
import { createRequire } from 'node:module'
import type { DeviceName } from './deviceName.ts'

export type { DeviceName } from './deviceName.ts'

/** Devices to look for, the best first. */
export const devices: readonly DeviceName[] = ['webgpu', 'headlessgl']

/** The device requested by the environment. */
export const requestedDevice: string | undefined = process.env.DIFFIT_GPU || undefined

/** What a device needs. */
export const advice: Readonly<Record<DeviceName, string>> = {
  webgpu:
    'needs a Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows) driver; on Debian, libvulkan1 and the driver of the card',
  headlessgl:
    'needs headless GL (in a clone of the repository, `npm run headless-gl` compiles it) and a display (`xvfb-run` makes one)',
  webgl2: "is a browser's",
}

interface WebGpuPackage {
  readonly create: (flags: readonly string[]) => GpuEntry
  readonly globals: Readonly<Record<string, unknown>>
}
/** `navigator.gpu`; nothing of it is used here. */
type GpuEntry = object

const isWebGpuPackage = (x: unknown): x is WebGpuPackage =>
  typeof x === 'object' && x !== null && 'create' in x && typeof x.create === 'function' && 'globals' in x

/**
 * Creates `navigator.gpu`, where gpu.js expects it, from the package `webgpu`.
 * @returns why there is none, or null
 */
export const prepare = (device: DeviceName): string | null => {
  if (device !== 'webgpu' || 'gpu' in navigator) return null
  try {
    const webgpu: unknown = createRequire(import.meta.url)('webgpu')
    if (!isWebGpuPackage(webgpu)) return 'the package webgpu exports no create'
    Object.assign(globalThis, webgpu.globals)
    Object.defineProperty(navigator, 'gpu', { value: webgpu.create([]), configurable: true })
    return null
  } catch (error) {
    return `the package webgpu does not load: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  }
}
