/**
 * A program on a device: arenas, one bind group and all pipelines, made once. A run is one encoder, one pass and one submit;
 * nothing is made in it that lasts.
 */
import { OutOfMemory } from '../../src/plan/errors.ts'
import { at } from '../../src/tensor/axes.ts'
import { type GpuBuffer, type GpuDevice, type GpuPass, usage } from './api.ts'
import { bytesOf } from './arena.ts'
import { bound } from './binding.ts'
import type { CountedDevice } from './counted.ts'
import { type Pipeline, pipelines } from './pipeline.ts'
import type { WebGpuProgram } from './program.ts'
import { type Piece, type Read, readback } from './readback.ts'
import type { Stopwatch } from './stopwatch.ts'

export interface Runner {
  readonly bytes: number
  readonly write: (buffer: number, numbers: Float32Array) => void
  /** Starts a run; the returned function waits for what it returns. */
  readonly run: () => Promise<() => Promise<Read>>
  readonly read: (pieces: readonly Piece[]) => Promise<Read>
  /** Resolves when nothing is under way. */
  readonly finish: () => Promise<void>
}

/** Runs that may be under way at once. */
const underWay = 4

const arenasOf = async (device: GpuDevice, elements: readonly number[]): Promise<readonly GpuBuffer[]> => {
  const bytes = elements.map(bytesOf)
  device.pushErrorScope('out-of-memory')
  const arenas = bytes.map((size, i) =>
    device.createBuffer({ label: `arena ${i}`, size, usage: usage.storage | usage.copyFrom | usage.copyTo }),
  )
  if ((await device.popErrorScope()) === null) return arenas
  const needed = bytes.reduce((a, b) => a + b, 0)
  throw new OutOfMemory({ what: 'the plan', needed, available: null, where: 'webgpu' })
}

/**
 * What is made belongs to the device, and ends with it.
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
  const arenas = await arenasOf(device, held)
  const { group, layout } = bound(device, arenas)
  const made = await pipelines(device, layout, dispatches, compiling)
  const ring = readback(device, arenas, outputs, underWay)
  const encode = (pass: GpuPass, some: readonly Pipeline[]): void => {
    pass.setBindGroup(0, group)
    for (const { pipeline, grid } of some) {
      pass.setPipeline(pipeline)
      pass.dispatchWorkgroups(grid[0], grid[1])
    }
    pass.end()
  }
  /** The times of the run before: the next one would overwrite them. */
  let times: Promise<void> | undefined
  return {
    bytes: bytesOf(elements),
    write: (buffer, numbers) => {
      if (numbers.length === 0) return
      const { arena, offset } = at(places, buffer)
      device.queue.writeBuffer(at(arenas, arena), bytesOf(offset), numbers)
    },
    run: async () => {
      await times
      const encoder = device.createCommandEncoder({ label: 'run' })
      if (stopwatch === null) encode(encoder.beginComputePass({ label: 'run' }), made)
      else {
        for (const [i, one] of made.entries())
          encode(encoder.beginComputePass({ label: one.label, ...stopwatch.around(i) }), [one])
        stopwatch.resolve(encoder)
      }
      const read = await ring.submit(encoder)
      counting.dispatched(made.length)
      const timed = stopwatch?.collect()
      times = timed?.catch(() => undefined)
      return async () => {
        const [numbers] = await Promise.all([read(), timed])
        counting.copied(ring.bytes)
        return numbers
      }
    },
    read: async (pieces) => {
      const once = readback(device, arenas, pieces, 1)
      const read = await once.submit(device.createCommandEncoder({ label: 'read' }))
      try {
        const numbers = await read()
        counting.copied(once.bytes)
        return numbers
      } finally {
        await once.close()
      }
    },
    finish: async () => {
      await Promise.all([ring.close(), times])
    },
  }
}
