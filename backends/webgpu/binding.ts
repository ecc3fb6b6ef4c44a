/** Buffers that every text binds, each as a whole, and may write to. */
import { computeStage, type GpuBindGroup, type GpuBuffer, type GpuDevice, type GpuPipelineLayout } from './api.ts'

export interface Binding {
  readonly group: GpuBindGroup
  readonly layout: GpuPipelineLayout
}

/** The layout of so many buffers. */
export const layoutOf = (device: GpuDevice, buffers: number) => {
  const bindings = Array.from({ length: buffers }, (_, binding) => binding)
  const group = device.createBindGroupLayout({
    label: 'buffers',
    entries: bindings.map((binding) => ({ binding, visibility: computeStage, buffer: { type: 'storage' } })),
  })
  return { group, pipelines: device.createPipelineLayout({ label: 'buffers', bindGroupLayouts: [group] }) }
}

export const bound = (device: GpuDevice, buffers: readonly GpuBuffer[]): Binding => {
  const { group: layout, pipelines } = layoutOf(device, buffers.length)
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }))
  return { group: device.createBindGroup({ label: 'buffers', layout, entries }), layout: pipelines }
}
