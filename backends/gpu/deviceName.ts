/** The devices that gpu.js supports, in Node and in browsers. */
export type DeviceName = 'webgpu' | 'webgl2' | 'headlessgl'
