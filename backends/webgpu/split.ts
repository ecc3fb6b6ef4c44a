/**
 * Products with few results and many terms, as the gradients of weights are: their terms are divided into a number of parts
 * that follows from the shape alone, each part is a product of its own, and a nest adds the parts in a fixed order.
 */
import type { Axis, Contract, Nest } from '../../src/plan/kernel.ts'
import { at } from '../../src/tensor/axes.ts'
import { sumFold } from '../../src/tensor/broadcast.ts'
import { operand } from '../../src/tensor/expression.ts'
import { size, strides } from '../../src/tensor/shape.ts'

/** A product of parts, and the nest that adds them. */
export interface SplitProduct {
  readonly product: Contract
  readonly sum: Nest
  /** Elements between the two. */
  readonly elements: number
}

const of = (axes: readonly Axis[], ...roles: readonly Axis['role'][]): number =>
  size(axes.filter((x) => roles.includes(x.role)).map((x) => x.size))

/** Results that one workgroup computes, workgroups that keep a card busy, and terms below which a part is not worth it. */
const [resultsAtOnce, enough, fewTerms] = [4096, 128, 256]

/** Into how many parts: a divisor of the outermost axis of terms. */
const partsOf = (axes: readonly Axis[], outermost: Axis): number => {
  const groups = of(axes, 'batch') * Math.ceil(of(axes, 'm', 'n') / resultsAtOnce)
  const wanted = Math.min(Math.ceil(enough / groups), Math.floor(of(axes, 'k') / fewTerms))
  if (groups * 2 > enough) return 1
  for (let d = Math.min(wanted, outermost.size); d > 1; d--) if (outermost.size % d === 0) return d
  return 1
}

/** Null if it is best computed at once; `scratch` is the buffer between the two. */
export const splitProduct = (contract: Contract, scratch: number): SplitProduct | null => {
  const terms = contract.axes.filter((x) => x.role === 'k')
  const stored = contract.axes.filter((x) => x.role !== 'k')
  const outermost = terms.find((x) => x.size > 1)
  if (outermost === undefined) return null
  const parts = partsOf(contract.axes, outermost)
  if (parts === 1) return null
  const inner = outermost.size / parts
  const sizes = stored.map((x) => x.size)
  const [results, steps] = [size(sizes), strides(sizes)]
  const axes: readonly Axis[] = [
    { role: 'batch', size: parts, a: outermost.a * inner, b: outermost.b * inner, c: results },
    ...stored.map((x, i) => ({ ...x, c: at(steps, i) })),
    ...terms.map((x) => (x === outermost ? { ...x, size: inner } : x)),
  ]
  return {
    product: { ...contract, outer: 0, axes, c: { buffer: scratch, offset: 0 } },
    sum: {
      kind: 'nest',
      name: `${contract.name}.parts`,
      outer: [],
      kept: sizes,
      reduced: [parts],
      fold: sumFold,
      expression: operand(0),
      loads: [{ buffer: scratch, offset: 0, strides: [...steps, results] }],
      store: { ...contract.c, strides: stored.map((x) => x.c) },
    },
    elements: parts * results,
  }
}
