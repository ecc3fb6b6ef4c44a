/** Times of passes on the device: two timestamps each, read back after a run. */
import { type GpuDevice, type GpuEncoder, type GpuPassDescriptor, mapRead, usage } from './api.ts'

export interface Timestamps {
  /** For the descriptor of pass number i. */
  readonly around: (i: number) => Pick<GpuPassDescriptor, 'timestampWrites'>
  /** Behind the last pass. */
  readonly resolve: (encoder: GpuEncoder) => void
  /** Milliseconds of each pass of what was submitted; until it resolves, nothing else may be. */
  readonly read: () => Promise<readonly number[]>
}

/** Bytes of a timestamp. */
const queryBytes = 8

/** @param passes at least one */
export const timestamps = (device: GpuDevice, passes: number): Timestamps => {
  const count = 2 * passes
  const size = queryBytes * count
  const set = device.createQuerySet({ label: 'times', type: 'timestamp', count })
  const resolved = device.createBuffer({ label: 'times', size, usage: usage.queryResolve | usage.copyFrom })
  const readable = device.createBuffer({ label: 'times, read', size, usage: usage.mapRead | usage.copyTo })
  return {
    around: (i) => ({
      timestampWrites: { querySet: set, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
    }),
    resolve: (encoder) => {
      encoder.resolveQuerySet(set, 0, count, resolved, 0)
      encoder.copyBufferToBuffer(resolved, 0, readable, 0, size)
    },
    read: async () => {
      await readable.mapAsync(mapRead)
      const times = new BigInt64Array(readable.getMappedRange())
      const spent = Array.from({ length: passes }, (_, i) => {
        const [begin, end] = times.subarray(2 * i, 2 * i + 2)
        return begin === undefined || end === undefined ? 0 : Number(end - begin) / 1e6
      })
      readable.unmap()
      return spent
    },
  }
}
