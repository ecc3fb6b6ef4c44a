/**
 * A program on a device: arenas, one bind group and all pipelines, made once. A run is one encoder, one pass and one submit;
 * nothing is made in it that lasts.
 */
import { OutOfMemory } from '../../src/plan/errors.ts'
import { at } from '../../src/tensor/axes.ts'
import { computeStage, type GpuBuffer, type GpuDevice, type GpuEncoder, usage } from './api.ts'
import type { CountedDevice } from './counted.ts'
import { pipelines } from './pipeline.ts'
import type { WebGpuProgram } from './program.ts'
import { type Piece, readback } from './readback.ts'
import type { Stopwatch } from './stopwatch.ts'

export interface Runner {
  readonly bytes: number
  readonly write: (buffer: number, numbers: Float32Array) => void
  /** Starts a run; the returned function waits for what it returns. */
  readonly run: () => Promise<() => Promise<Readonly<Record<string, Float32Array>>>>
  readonly read: (pieces: readonly Piece[]) => Promise<Readonly<Record<string, Float32Array>>>
  readonly close: () => Promise<void>
}

/** Runs that may be under way at once. */
const underWay = 4

const arenasOf = async ({ device }: CountedDevice, elements: readonly number[]): Promise<readonly GpuBuffer[]> => {
  const bytes = elements.map((n) => Float32Array.BYTES_PER_ELEMENT * n)
  device.pushErrorScope('out-of-memory')
  const arenas = bytes.map((size, i) =>
    device.createBuffer({ label: `arena ${i}`, size, usage: usage.storage | usage.copyFrom | usage.copyTo }),
  )
  if ((await device.popErrorScope()) === null) return arenas
  for (const arena of arenas) arena.destroy()
  const needed = bytes.reduce((a, b) => a + b, 0)
  throw new OutOfMemory({ what: 'the plan', needed, available: null, where: 'webgpu' })
}

/** The layout of so many arenas: each is bound as a whole, and any text may write to it. */
export const layoutOf = (device: GpuDevice, arenas: number) => {
  const group = device.createBindGroupLayout({
    label: 'arenas',
    entries: Array.from({ length: arenas }, (_, binding) => ({
      binding,
      visibility: computeStage,
      buffer: { type: 'storage' },
    })),
  })
  return { group, pipelines: device.createPipelineLayout({ label: 'arenas', bindGroupLayouts: [group] }) }
}

const bind = ({ device }: CountedDevice, arenas: readonly GpuBuffer[]) => {
  const layout = layoutOf(device, arenas.length)
  const group = device.createBindGroup({
    label: 'arenas',
    layout: layout.group,
    entries: arenas.map((buffer, binding) => ({ binding, resource: { buffer } })),
  })
  return { group, layout: layout.pipelines }
}

/**
 * @param stopwatch times each dispatch in a pass of its own, if there is one
 * @param compiling called while texts are compiled
 */
export const runner = async (
  counting: CountedDevice,
  { dispatches, places, arenas: held, elements }: WebGpuProgram,
  outputs: readonly Piece[],
  stopwatch: Stopwatch | null,
  compiling: (done: number, all: number) => void,
): Promise<Runner> => {
  const { device } = counting
  const arenas = await arenasOf(counting, held)
  const { group, layout } = bind(counting, arenas)
  const made = await pipelines(device, layout, dispatches, compiling).catch((error: unknown) => {
    for (const arena of arenas) arena.destroy()
    throw error
  })
  const ring = readback(device, arenas, outputs, underWay)
  const encodeAll = (encoder: GpuEncoder): void => {
    const pass = encoder.beginComputePass({ label: 'run' })
    pass.setBindGroup(0, group)
    for (const { pipeline, grid } of made) {
      pass.setPipeline(pipeline)
      pass.dispatchWorkgroups(grid[0], grid[1])
    }
    pass.end()
  }
  const encodeEach = (encoder: GpuEncoder, watch: Stopwatch): void => {
    for (const [i, { pipeline, grid, label }] of made.entries()) {
      const pass = encoder.beginComputePass({ label, ...watch.around(i) })
      pass.setBindGroup(0, group)
      pass.setPipeline(pipeline)
      pass.dispatchWorkgroups(grid[0], grid[1])
      pass.end()
    }
    watch.resolve(encoder)
  }
  return {
    bytes: Float32Array.BYTES_PER_ELEMENT * elements,
    write: (buffer, numbers) => {
      if (numbers.length === 0) return
      const { arena, offset } = at(places, buffer)
      device.queue.writeBuffer(at(arenas, arena), Float32Array.BYTES_PER_ELEMENT * offset, numbers)
    },
    run: async () => {
      const encoder = device.createCommandEncoder({ label: 'run' })
      if (stopwatch === null) encodeAll(encoder)
      else encodeEach(encoder, stopwatch)
      const read = await ring.take(encoder)
      device.queue.submit([encoder.finish()])
      counting.dispatched(made.length)
      return async () => {
        const numbers = await read()
        counting.copied(ring.bytes)
        await stopwatch?.collect()
        return numbers
      }
    },
    read: async (pieces) => {
      const once = readback(device, arenas, pieces, 1)
      const encoder = device.createCommandEncoder({ label: 'read' })
      const read = await once.take(encoder)
      device.queue.submit([encoder.finish()])
      try {
        const numbers = await read()
        counting.copied(once.bytes)
        return numbers
      } finally {
        await once.close()
      }
    },
    close: async () => {
      await ring.close()
      stopwatch?.close()
      for (const arena of arenas) arena.destroy()
    },
  }
}
