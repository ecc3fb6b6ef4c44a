/** A kernel cut down to one of its rows. */
import type { Kernel, Nest } from '../src/plan/kernel.ts'
import { indexAt, offsetOf } from './indices.ts'

export const rowOf = (k: Kernel, row: number): Kernel => {
  const shape = k.kind === 'nest' ? k.outer : k.axes.slice(0, k.outer).map((x) => x.size)
  const index = indexAt(shape, row)
  if (k.kind === 'nest') {
    const cut = <O extends Nest['store']>(o: O): O => ({
      ...o,
      offset: offsetOf(index, o),
      strides: o.strides.slice(shape.length),
    })
    return { ...k, outer: [], loads: k.loads.map(cut), store: cut(k.store) }
  }
  const steps = (operand: 'a' | 'b' | 'c'): readonly number[] => k.axes.map((x) => x[operand])
  const cut = (operand: 'a' | 'b' | 'c') => ({
    ...k[operand],
    offset: offsetOf(index, { offset: k[operand].offset, strides: steps(operand) }),
  })
  return { ...k, outer: 0, axes: k.axes.slice(shape.length), a: cut('a'), b: cut('b'), c: cut('c') }
}
