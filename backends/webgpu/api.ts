/** The part of WebGPU that is used here: what `navigator.gpu` is in a page, and what the package `webgpu` makes in Node. */
import type { WatchedDevice } from '../watch.ts'

export interface GpuEntry {
  readonly requestAdapter: (options: { readonly powerPreference: 'high-performance' }) => Promise<GpuAdapter | null>
}

/** What an adapter allows, by the names of the specification. */
export interface GpuLimits {
  readonly maxBufferSize: number
  readonly maxStorageBufferBindingSize: number
  readonly maxStorageBuffersPerShaderStage: number
  readonly maxComputeWorkgroupStorageSize: number
  readonly maxComputeInvocationsPerWorkgroup: number
  readonly maxComputeWorkgroupsPerDimension: number
}

export interface GpuAdapter {
  readonly info: Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>>
  readonly limits: GpuLimits
  readonly features: { readonly has: (feature: string) => boolean }
  readonly requestDevice: (wanted: {
    readonly label: string
    readonly requiredFeatures: readonly string[]
    readonly requiredLimits: Readonly<Record<string, number>>
  }) => Promise<GpuDevice>
}

export interface GpuBuffer {
  readonly mapAsync: (mode: number) => Promise<void>
  readonly getMappedRange: () => ArrayBuffer
  readonly unmap: () => void
  readonly destroy: () => void
}

/** Objects that are only handed on. */
export type GpuModule = { readonly label: string }
export type GpuBindGroupLayout = { readonly label: string }
export type GpuPipelineLayout = { readonly label: string }
export type GpuBindGroup = { readonly label: string }
export type GpuPipeline = { readonly label: string }
export type GpuCommandBuffer = { readonly label: string }
export type GpuQuerySet = { readonly label: string }

export interface GpuPass {
  readonly setBindGroup: (index: number, group: GpuBindGroup) => void
  readonly setPipeline: (pipeline: GpuPipeline) => void
  readonly dispatchWorkgroups: (x: number, y: number) => void
  readonly end: () => void
}

export interface GpuPassDescriptor {
  readonly label: string
  readonly timestampWrites?: {
    readonly querySet: GpuQuerySet
    readonly beginningOfPassWriteIndex: number
    readonly endOfPassWriteIndex: number
  }
}

export interface GpuEncoder {
  readonly beginComputePass: (descriptor: GpuPassDescriptor) => GpuPass
  readonly copyBufferToBuffer: (from: GpuBuffer, start: number, to: GpuBuffer, at: number, bytes: number) => void
  readonly resolveQuerySet: (set: GpuQuerySet, first: number, count: number, to: GpuBuffer, at: number) => void
  readonly finish: () => GpuCommandBuffer
}

export interface GpuQueue {
  readonly submit: (buffers: readonly GpuCommandBuffer[]) => void
  readonly writeBuffer: (buffer: GpuBuffer, at: number, data: Float32Array) => void
  readonly onSubmittedWorkDone: () => Promise<void>
}

type ErrorFilter = 'validation' | 'out-of-memory'

export interface GpuDevice extends WatchedDevice {
  readonly limits: GpuLimits
  readonly queue: GpuQueue
  readonly createBuffer: (d: { readonly label: string; readonly size: number; readonly usage: number }) => GpuBuffer
  readonly createShaderModule: (d: { readonly label: string; readonly code: string }) => GpuModule
  readonly createBindGroupLayout: (d: {
    readonly label: string
    readonly entries: readonly {
      readonly binding: number
      readonly visibility: number
      readonly buffer: { readonly type: 'storage' }
    }[]
  }) => GpuBindGroupLayout
  readonly createPipelineLayout: (d: {
    readonly label: string
    readonly bindGroupLayouts: readonly GpuBindGroupLayout[]
  }) => GpuPipelineLayout
  readonly createBindGroup: (d: {
    readonly label: string
    readonly layout: GpuBindGroupLayout
    readonly entries: readonly { readonly binding: number; readonly resource: { readonly buffer: GpuBuffer } }[]
  }) => GpuBindGroup
  readonly createComputePipelineAsync: (d: {
    readonly label: string
    readonly layout: GpuPipelineLayout
    readonly compute: { readonly module: GpuModule; readonly entryPoint: string }
  }) => Promise<GpuPipeline>
  readonly createQuerySet: (d: {
    readonly label: string
    readonly type: 'timestamp'
    readonly count: number
  }) => GpuQuerySet
  readonly createCommandEncoder: (d: { readonly label: string }) => GpuEncoder
  readonly pushErrorScope: (filter: ErrorFilter) => void
  readonly popErrorScope: () => Promise<Error | null>
  readonly destroy: () => void
}

/** Bits of `GPUBufferUsage`, by the specification. */
export const usage = { mapRead: 1, copyFrom: 4, copyTo: 8, storage: 128, queryResolve: 512 } as const
/** `GPUMapMode.READ`. */
export const mapRead = 1
/** `GPUShaderStage.COMPUTE`. */
export const computeStage = 4

export const isGpuEntry = (x: unknown): x is GpuEntry =>
  typeof x === 'object' && x !== null && 'requestAdapter' in x && typeof x.requestAdapter === 'function'
