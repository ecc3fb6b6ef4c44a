/**
 * What a kernel costs: the operations of its products, and the elements that it touches, which it must read and write if
 * nothing but registers were free.
 */
import { at } from '../tensor/axes.ts'
import { size } from '../tensor/shape.ts'
import type { Kernel } from './kernel.ts'
import type { Plan } from './plan.ts'

/** Floating-point operations of a contract: two a multiply-accumulate. Nests count as traffic, not as flops. */
export const flops = (k: Kernel): number => (k.kind === 'contract' ? 2 * size(k.axes.map((x) => x.size)) : 0)

/** Floating-point operations of all products of one run. */
export const flopsOf = (plan: Plan): number =>
  plan.regions.reduce((sum, r) => sum + r.kernels.reduce((s, k) => s + flops(k), 0), 0)

/** Different elements under some loops; windows that overlap count once, and so does what stands still. */
export const touched = (sizes: readonly number[], strides: readonly number[]): number => {
  const steps = sizes.map((n, i) => [n, Math.abs(at(strides, i))] as const)
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
