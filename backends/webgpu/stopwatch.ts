/**
 * Time by kernel: timestamps around each dispatch, in a pass of its own. A dispatch of several kernels is shared out by their
 * work, so the sum over a dispatch is measured and its division estimated.
 */
import type { KernelTime } from '../../src/plan/backend.ts'
import { flops, traffic } from '../../src/plan/cost.ts'
import { Refusal } from '../../src/plan/errors.ts'
import { at } from '../../src/tensor/axes.ts'
import type { CountedDevice } from './counted.ts'
import type { ProgramDispatch } from './program.ts'
import { type Timestamps, timestamps } from './timestamps.ts'
import type { Part } from './units.ts'

export interface Stopwatch extends Pick<Timestamps, 'around' | 'resolve'> {
  /** After a run, and before the next. */
  readonly collect: () => Promise<void>
  readonly take: () => readonly KernelTime[]
}

/** Passes whose timestamps one query set holds. */
const mostPasses = 2048

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
  if (dispatches.length > mostPasses)
    throw new Refusal(`webgpu: ${dispatches.length} dispatches are more than the ${mostPasses} that can be timed`)
  const { around, resolve, read } = timestamps(device, Math.max(1, dispatches.length))
  const spent = dispatches.map(() => 0)
  return {
    around,
    resolve,
    collect: async () => {
      const times = await read()
      spent.forEach((before, i) => {
        spent[i] = before + at(times, i)
      })
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
  }
}
