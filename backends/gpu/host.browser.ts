/** What of the gpu backend is a page's own: `navigator.gpu` and canvases are there or they are not. */
import type { DeviceName } from './deviceName.ts'

export type { DeviceName } from './deviceName.ts'

export const devices: readonly DeviceName[] = ['webgpu', 'webgl2']

export const requestedDevice: string | undefined = undefined

export const advice: Readonly<Record<DeviceName, string>> = {
  webgpu: 'needs a browser with WebGPU and an adapter (chrome://gpu lists them)',
  webgl2: 'needs a browser with WebGL2 and float textures',
  headlessgl: "is Node's",
}

export const prepare = (_device: DeviceName): string | null => null
