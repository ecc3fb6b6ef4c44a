/**
 * Both kernels as nests: loops around one scalar expression. A contract is the nest that sums the product of its two
 * operands, so its meaning is defined here only; `cpu` and `gpu` print nests alone.
 */
import { sumFold } from '../tensor/broadcast.ts'
import { operand, X } from '../tensor/expression.ts'
import type { Contract, Kernel, Nest } from './kernel.ts'

const contractNest = ({ name, outer, axes, a, b, c }: Contract): Nest => {
  const [stored, summed] = [axes.filter((x) => x.role !== 'k'), axes.filter((x) => x.role === 'k')]
  const sizes = stored.map((x) => x.size)
  const all = [...stored, ...summed]
  return {
    kind: 'nest',
    name,
    outer: sizes.slice(0, outer),
    kept: sizes.slice(outer),
    reduced: summed.map((x) => x.size),
    fold: sumFold,
    expression: X.mul(operand(0), operand(1)),
    loads: [
      { ...a, strides: all.map((x) => x.a) },
      { ...b, strides: all.map((x) => x.b) },
    ],
    store: { ...c, strides: stored.map((x) => x.c) },
  }
}

export const nestOf = (kernel: Kernel): Nest => (kernel.kind === 'nest' ? kernel : contractNest(kernel))
