/** A kernel cut down to one of its rows. */
import type { Kernel, Nest } from '../src/plan/kernel.ts'
import { strides } from '../src/tensor/shape.ts'

export const rowOf = (k: Kernel, row: number): Kernel => {
  const shape = k.kind === 'nest' ? k.outer : k.axes.slice(0, k.outer).map((x) => x.size)
  const index = strides(shape).map((s, i) => Math.floor(row / s) % (shape[i] ?? 1))
  const at = (offset: number, steps: readonly number[]): number =>
    index.reduce((o, n, i) => o + n * (steps[i] ?? 0), offset)
  if (k.kind === 'nest') {
    const cut = <O extends Nest['store']>(o: O): O => ({
      ...o,
      offset: at(o.offset, o.strides),
      strides: o.strides.slice(shape.length),
    })
    return { ...k, outer: [], loads: k.loads.map(cut), store: cut(k.store) }
  }
  const steps = (operand: 'a' | 'b' | 'c'): readonly number[] => k.axes.map((x) => x[operand])
  const cut = (operand: 'a' | 'b' | 'c') => ({ ...k[operand], offset: at(k[operand].offset, steps(operand)) })
  return { ...k, outer: 0, axes: k.axes.slice(shape.length), a: cut('a'), b: cut('b'), c: cut('c') }
}
