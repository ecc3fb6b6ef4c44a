/** What gpu.js 2.24 exports but its own typings omit. */
import 'gpu.js'

declare module 'gpu.js' {
  /** A result that stays on a WebGPU device. */
  export class WebGPUBufferResult extends Texture {
    constructor(settings: {
      readonly buffer: unknown
      readonly output: readonly number[]
      readonly componentCount: number
      readonly context: unknown
      readonly kernel: unknown
    })
    readonly buffer: unknown
    readonly context: unknown
  }
  /** A kernel on WebGPU; keeps its last result until it runs again. */
  export class WebGPUKernel extends Kernel {
    outputBuffer: { _refs: number } | null
    bindGroupDirty: boolean
  }
  export const WebGPUContext: {
    acquire: () => Promise<{
      readonly adapter: {
        readonly info: Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>>
      }
      readonly device: {
        readonly limits: Readonly<Record<'maxBufferSize' | 'maxStorageBufferBindingSize', number>>
        readonly lost: Promise<{ readonly reason: string; readonly message: string }>
        addEventListener: (what: 'uncapturederror', hear: (event: { readonly error: Error }) => void) => void
        dispatchEvent: (event: Event) => boolean
        destroy: () => void
        readonly queue: { readonly onSubmittedWorkDone: () => Promise<void> }
        createBuffer: (descriptor: { readonly size: number }) => { destroy: () => void }
      }
    }>
  }
}
