/** How many elements a kernel touches: what it must read and write if nothing but registers were free. */
import { size } from '../tensor/shape.ts'
import type { Kernel } from './kernel.ts'

/** Different elements under some loops; windows that overlap count once, and so does what stands still. */
export const touched = (sizes: readonly number[], strides: readonly number[]): number => {
  const steps = sizes.map((n, i) => [n, Math.abs(strides[i] ?? 0)] as const)
  const moves = steps.reduce((all, [n, stride]) => (stride === 0 ? all : all * n), 1)
  const span = steps.reduce((sum, [n, stride]) => sum + (n - 1) * stride, 1)
  return size(sizes) === 0 ? 0 : Math.min(moves, span)
}

/** Elements read, each operand on its own, and written. */
export const traffic = (k: Kernel): number => {
  if (k.kind === 'contract') {
    const sizes = k.axes.map((x) => x.size)
    return (['a', 'b', 'c'] as const).reduce(
      (sum, o) =>
        sum +
        touched(
          sizes,
          k.axes.map((x) => x[o]),
        ),
      0,
    )
  }
  const kept = [...k.outer, ...k.kept]
  const read = k.loads.reduce((sum, l) => sum + touched([...kept, ...k.reduced], l.strides), 0)
  return read + touched(kept, k.store.strides)
}
