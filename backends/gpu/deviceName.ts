/** What gpu.js can compute on, in Node and in pages. */
export type DeviceName = 'webgpu' | 'webgl2' | 'headlessgl'
