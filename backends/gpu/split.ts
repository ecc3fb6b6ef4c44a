/**
 * A shader can read only a few arrays. If an expression reads more, its largest subexpression that reads few enough
 * becomes a separate value over the loops that it depends on, repeatedly until the rest reads few enough.
 */
import type { Nest } from '../../src/plan/kernel.ts'
import { at } from '../../src/tensor/axes.ts'
import { type Expression, operand } from '../../src/tensor/expression.ts'
import { size, strides } from '../../src/tensor/shape.ts'

/** A nest and the value that each of its loads reads. */
export interface Reading {
  readonly nest: Nest
  readonly reads: readonly number[]
}

const argsOf = (e: Expression): readonly Expression[] => ('args' in e ? e.args : [])

const operandsOf = (e: Expression): readonly number[] =>
  e.kind === 'operand' ? [e.index] : argsOf(e).flatMap(operandsOf)

const partsOf = (e: Expression): readonly Expression[] => ('args' in e ? [e, ...e.args.flatMap(partsOf)] : [])

/** The expression with other arguments. */
const over = (e: Expression, change: (arg: Expression) => Expression): Expression =>
  'args' in e ? { ...e, args: e.args.map(change) } : e

const replaced = (e: Expression, part: Expression, by: Expression): Expression =>
  e === part ? by : over(e, (a) => replaced(a, part, by))

const renumbered = (e: Expression, used: readonly number[]): Expression =>
  e.kind === 'operand' ? operand(used.indexOf(e.index)) : over(e, (a) => renumbered(a, used))

/** Only the loads that the expression reads. */
const trimmed = ({ nest, reads }: Reading): Reading => {
  const used = [...new Set(operandsOf(nest.expression))]
  return {
    nest: { ...nest, expression: renumbered(nest.expression, used), loads: used.map((i) => at(nest.loads, i)) },
    reads: used.map((i) => at(reads, i)),
  }
}

/** A subexpression of a nest over the loops it depends on, stored row-major; the others have size 1. */
const partOf = ({ nest, reads }: Reading, expression: Expression): Reading => {
  const own = trimmed({ nest: { ...nest, expression }, reads })
  const sizes = [...nest.outer, ...nest.kept, ...nest.reduced].map((n, axis) =>
    own.nest.loads.some((o) => o.strides[axis] !== 0) ? n : 1,
  )
  return {
    nest: {
      ...own.nest,
      name: `${nest.name}.part`,
      outer: sizes,
      kept: [],
      reduced: [],
      fold: null,
      store: { buffer: -1, offset: 0, strides: strides(sizes) },
    },
    reads: own.reads,
  }
}

/** The same nest with at most the given number of arrays; `make` computes a subexpression into a value and names it. */
export const narrowed = (
  { nest, reads }: Reading,
  most: number,
  make: (part: Reading, elements: number) => number,
): Reading => {
  const arrays = (e: Expression): number => new Set(operandsOf(e).map((i) => reads[i])).size
  if (arrays(nest.expression) <= most) return { nest, reads }
  const [chosen] = partsOf(nest.expression)
    .filter((e) => arrays(e) <= most)
    .toSorted((a, b) => arrays(b) - arrays(a))
  if (chosen === undefined) throw new Error(`gpu: no part of ${nest.name} reads ${most} arrays or fewer`)
  const part = partOf({ nest, reads }, chosen)
  const value = make(part, size(part.nest.outer))
  const stored = {
    ...part.nest.store,
    strides: part.nest.store.strides.map((s, i) => (part.nest.outer[i] === 1 ? 0 : s)),
  }
  const left = {
    ...nest,
    expression: replaced(nest.expression, chosen, operand(reads.length)),
    loads: [...nest.loads, stored],
  }
  return narrowed(trimmed({ nest: left, reads: [...reads, value] }), most, make)
}
