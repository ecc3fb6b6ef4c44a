/**
 * Products with few results and many terms, as the gradients of weights are: their terms are divided into a number of parts
 * that follows from the shape alone, each part is a product of its own, and a nest adds the parts in a fixed order.
 */
import type { Axis, Contract, Nest } from '../../src/plan/kernel.ts'
import { sumFold } from '../../src/tensor/broadcast.ts'
import { operand } from '../../src/tensor/expression.ts'
import { size, strides } from '../../src/tensor/shape.ts'

export interface Parts {
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
const partsOf = ({ axes }: Contract): number => {
  const groups = of(axes, 'batch') * Math.ceil(of(axes, 'm', 'n') / resultsAtOnce)
  const terms = of(axes, 'k')
  const wanted = Math.min(Math.ceil(enough / groups), Math.floor(terms / fewTerms))
  const outermost = axes.find((x) => x.role === 'k' && x.size > 1)
  if (groups * 2 > enough || wanted < 2 || outermost === undefined) return 1
  for (let d = Math.min(wanted, outermost.size); d > 1; d--) if (outermost.size % d === 0) return d
  return 1
}

/** Null if it is best computed at once; `scratch` is the buffer between the two. */
export const splitProduct = (contract: Contract, scratch: number): Parts | null => {
  const parts = partsOf(contract)
  const place = contract.axes.findIndex((x) => x.role === 'k' && x.size > 1)
  const long = contract.axes[place]
  if (parts === 1 || long === undefined) return null
  const inner = long.size / parts
  const stored = contract.axes.filter((x) => x.role !== 'k')
  const steps = strides([parts, ...stored.map((x) => x.size)])
  const step = (i: number): number => steps[i] ?? Number.NaN
  let next = 1
  const axes = contract.axes.map((x, i): Axis => {
    if (x.role !== 'k') return { ...x, c: step(next++) }
    return i === place ? { ...x, size: inner } : x
  })
  const part: Axis = { role: 'batch', size: parts, a: long.a * inner, b: long.b * inner, c: step(0) }
  const sizes = stored.map((x) => x.size)
  return {
    product: { ...contract, outer: 0, axes: [part, ...axes], c: { buffer: scratch, offset: 0 } },
    sum: {
      kind: 'nest',
      name: `${contract.name}.parts`,
      outer: [],
      kept: sizes,
      reduced: [parts],
      fold: sumFold,
      expression: operand(0),
      loads: [{ buffer: scratch, offset: 0, strides: [...sizes.map((_, i) => step(i + 1)), step(0)] }],
      store: { ...contract.c, strides: stored.map((x) => x.c) },
    },
    elements: parts * size(sizes),
  }
}
