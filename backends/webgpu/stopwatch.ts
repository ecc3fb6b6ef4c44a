/**
 * Time by kernel: timestamps around each dispatch, in a pass of its own. A dispatch of several kernels is shared out by their
 * work, so the sum over a dispatch is measured and its division estimated.
 */
import type { KernelTime } from '../../src/plan/backend.ts'
import { flops, traffic } from '../../src/plan/cost.ts'
import { Refusal } from '../../src/plan/errors.ts'
import { at } from '../../src/tensor/axes.ts'
import { type GpuEncoder, type GpuPassDescriptor, mapRead, usage } from './api.ts'
import type { CountedDevice } from './counted.ts'
import type { ProgramDispatch } from './program.ts'
import type { Part } from './units.ts'

export interface Stopwatch {
  readonly around: (dispatch: number) => Pick<GpuPassDescriptor, 'timestampWrites'>
  readonly resolve: (encoder: GpuEncoder) => void
  /** After a run. */
  readonly collect: () => Promise<void>
  readonly take: () => readonly KernelTime[]
  readonly close: () => void
}

/** Queries that one set holds, and bytes of each. */
const [mostQueries, queryBytes] = [4096, 8]

/** Operations for each number read or written, on a card that does 5 of them in the time of a byte. */
const operationsANumber = 20

const shares = (parts: readonly Part[]): readonly number[] => {
  const work = parts.map(({ kernel }) => 1 + flops(kernel) + operationsANumber * traffic(kernel))
  const all = work.reduce((a, b) => a + b, 0)
  return work.map((w) => w / all)
}

/** A `Refusal` if the device has no timestamps. */
export const stopwatch = (
  { device }: CountedDevice,
  features: readonly string[],
  dispatches: readonly ProgramDispatch[],
): Stopwatch => {
  if (!features.includes('timestamp-query'))
    throw new Refusal('webgpu: this adapter has no timestamps, so kernels cannot be timed: profile on another backend')
  const count = 2 * dispatches.length
  if (count > mostQueries)
    throw new Refusal(`webgpu: ${dispatches.length} dispatches are more than the ${mostQueries / 2} that can be timed`)
  const size = queryBytes * Math.max(2, count)
  const set = device.createQuerySet({ label: 'times', type: 'timestamp', count: Math.max(2, count) })
  const resolved = device.createBuffer({ label: 'times', size, usage: usage.queryResolve | usage.copyFrom })
  const readable = device.createBuffer({ label: 'times, read', size, usage: usage.mapRead | usage.copyTo })
  const spent = dispatches.map(() => 0)
  return {
    around: (i) => ({
      timestampWrites: { querySet: set, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
    }),
    resolve: (encoder) => {
      encoder.resolveQuerySet(set, 0, count, resolved, 0)
      encoder.copyBufferToBuffer(resolved, 0, readable, 0, size)
    },
    collect: async () => {
      await readable.mapAsync(mapRead)
      const times = new BigUint64Array(readable.getMappedRange())
      spent.forEach((before, i) => {
        const [begin, end] = times.subarray(2 * i, 2 * i + 2)
        if (begin !== undefined && end !== undefined) spent[i] = before + Number(end - begin) / 1e6
      })
      readable.unmap()
    },
    take: () => {
      const list = dispatches.flatMap(({ parts }, i) =>
        shares(parts).map((share, j): KernelTime => {
          const { region, index } = at(parts, j)
          return { region, kernel: index, milliseconds: share * at(spent, i) }
        }),
      )
      spent.fill(0)
      return list
    },
    close: () => {
      for (const x of [set, resolved, readable]) x.destroy()
    },
  }
}
