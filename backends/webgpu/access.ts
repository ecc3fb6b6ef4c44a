/** Which elements of which buffers a kernel touches: an interval each, and so which kernels may exchange places. */
import type { Kernel } from '../../src/plan/kernel.ts'
import { rangeOf } from '../../src/plan/loop.ts'
import { nestOf } from '../../src/plan/nestOf.ts'
import { at } from '../../src/tensor/axes.ts'

export interface Access {
  readonly buffer: number
  readonly low: number
  readonly high: number
  readonly writes: boolean
}

export const accessesOf = (kernel: Kernel): readonly Access[] => {
  const nest = nestOf(kernel)
  const stored = [...nest.outer, ...nest.kept]
  const range = (
    {
      buffer,
      offset,
      strides,
    }: { readonly buffer: number; readonly offset: number; readonly strides: readonly number[] },
    sizes: readonly number[],
    writes: boolean,
  ): Access => {
    const [low, high] = rangeOf(
      offset,
      sizes.map((n, i) => [n, at(strides, i)]),
    )
    return { buffer, low, high, writes }
  }
  return [
    range(nest.store, stored, true),
    ...nest.loads.map((load) => range(load, [...stored, ...nest.reduced], false)),
  ]
}

/** Whether one must stay behind the other: both touch an element, and one of them writes it. */
export const conflict = (a: Access, b: Access): boolean =>
  a.buffer === b.buffer && (a.writes || b.writes) && a.low <= b.high && b.low <= a.high
