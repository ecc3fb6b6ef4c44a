/** A device that counts what is made and done on it, for benchmarks and tests. */
import type { GpuDevice } from './api.ts'

export interface Counts {
  /** Objects made: buffers, modules, layouts, bind groups, pipelines, query sets. Encoders are used up by their submit. */
  readonly created: number
  readonly submits: number
  readonly dispatches: number
  /** Bytes to the device and from it. */
  readonly up: number
  readonly down: number
}

export interface CountedDevice {
  readonly device: GpuDevice
  readonly counts: () => Counts
  /** Bytes that were copied for reading. */
  readonly copied: (bytes: number) => void
  readonly dispatched: (dispatches: number) => void
}

export const counted = (device: GpuDevice): CountedDevice => {
  let [created, submits, dispatches, up, down] = [0, 0, 0, 0, 0]
  const making = <D, T>(make: (d: D) => T): ((d: D) => T) => {
    return (d) => {
      created += 1
      return make(d)
    }
  }
  const { queue } = device
  return {
    counts: () => ({ created, submits, dispatches, up, down }),
    copied: (bytes) => {
      down += bytes
    },
    dispatched: (n) => {
      dispatches += n
    },
    device: {
      limits: device.limits,
      lost: device.lost,
      addEventListener: (what, hear) => device.addEventListener(what, hear),
      queue: {
        submit: (buffers) => {
          submits += 1
          queue.submit(buffers)
        },
        writeBuffer: (buffer, at, data) => {
          up += data.byteLength
          queue.writeBuffer(buffer, at, data)
        },
        onSubmittedWorkDone: () => queue.onSubmittedWorkDone(),
      },
      createBuffer: making((d) => device.createBuffer(d)),
      createShaderModule: making((d) => device.createShaderModule(d)),
      createBindGroupLayout: making((d) => device.createBindGroupLayout(d)),
      createPipelineLayout: making((d) => device.createPipelineLayout(d)),
      createBindGroup: making((d) => device.createBindGroup(d)),
      createComputePipelineAsync: making((d) => device.createComputePipelineAsync(d)),
      createQuerySet: making((d) => device.createQuerySet(d)),
      createCommandEncoder: (d) => device.createCommandEncoder(d),
      pushErrorScope: (filter) => device.pushErrorScope(filter),
      popErrorScope: () => device.popErrorScope(),
      destroy: () => device.destroy(),
    },
  }
}
