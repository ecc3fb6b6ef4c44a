/** One kernel of a trace: what it computed, in numbers and as a line. */
import type { Numbers } from '../plan/backend.ts'
import { type Shape, text } from '../tensor/shape.ts'

/** The numbers of a kernel's result in brief. */
export interface Statistics {
  /** Of the finite values; NaN where there are none. */
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly nans: number
  readonly infinities: number
}

/** One kernel of a trace: its formula and the numbers of its result. */
export interface TraceRow extends Statistics {
  readonly index: number
  /** The label and the number of what the kernel computes, or its operation and number. */
  readonly name: string
  /** `sum over 4 of exp(sub(x, max.3))`. */
  readonly formula: string
  readonly shape: Shape
}

export const statistics = (values: Numbers): Statistics => {
  let [min, max, sum, nans, infinities] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0]
  for (const v of values) {
    if (Number.isNaN(v)) nans += 1
    else if (!Number.isFinite(v)) infinities += 1
    else {
      min = Math.min(min, v)
      max = Math.max(max, v)
      sum += v
    }
  }
  const finite = values.length - nans - infinities
  return finite === 0
    ? { min: Number.NaN, max: Number.NaN, mean: Number.NaN, nans, infinities }
    : { min, max, mean: sum / finite, nans, infinities }
}

const figure = (x: number): string => (Number.isNaN(x) ? '-' : x.toExponential(3)).padStart(11)

const columns = (...[index, name, shape, ...rest]: readonly [string, string, string, ...(readonly string[])]): string =>
  [index.padStart(5), '', name.padEnd(28), shape.padEnd(24), ...rest].join(' ').trimEnd()

export const head = columns('#', 'kernel', 'shape', ...['min', 'max', 'mean'].map((x) => x.padStart(11)), ' formula')

/** Characters of a formula in a line. */
const longest = 200
const cut = (formula: string): string => (formula.length > longest ? `${formula.slice(0, longest)}...` : formula)

/** A line below `head`; counts of NaN and of infinite values stand before the formula, which is cut where it is long. */
export const lineOf = ({ index, name, shape, min, max, mean, nans, infinities, formula }: TraceRow): string => {
  const odd = [...(nans > 0 ? [`${nans} NaN`] : []), ...(infinities > 0 ? [`${infinities} infinite`] : [])]
  const counts = odd.length === 0 ? '' : `(${odd.join(', ')}) `
  return columns(String(index), name, text(shape), ...[min, max, mean].map(figure), ` ${counts}${cut(formula)}`)
}
