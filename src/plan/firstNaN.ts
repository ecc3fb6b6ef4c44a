/** Which step of a kernel made its first NaN: the kernel's arithmetic done again, step by step, at that one element. */
import { at } from '../tensor/axes.ts'
import { evaluate } from '../tensor/expression.ts'
import { size, strides } from '../tensor/shape.ts'
import { type Step, stepToNaN } from '../tensor/stepToNaN.ts'
import type { Observed } from './backend.ts'
import type { Operand } from './kernel.ts'

/** A step that gave NaN of operands that were none, or NaN that the kernel was given. */
export type Cause =
  | ({ readonly kind: 'step' } & Step)
  | { readonly kind: 'read'; readonly buffer: number; readonly place: number }

export interface FirstNaN {
  /** The place in the stored buffer. */
  readonly stored: number
  /** The index in the kernel's result. */
  readonly index: readonly number[]
  readonly cause: Cause
}

/** The index of a row-major place. */
export const indexOf = (place: number, shape: readonly number[]): readonly number[] =>
  strides(shape).map((step, i) => Math.floor(place / step) % at(shape, i))

const placeOf = ({ offset, strides: steps }: Operand, index: readonly number[]): number =>
  index.reduce((place, n, i) => place + n * at(steps, i), offset)

/** The first NaN in a kernel's result; null if it has none. */
export const firstNaN = ({ nest, shape, values, element }: Observed): FirstNaN | null => {
  const first = values.findIndex((v: number) => Number.isNaN(v))
  if (first < 0) return null
  const index = indexOf(first, shape)
  const found = (cause: Cause): FirstNaN => ({ stored: placeOf(nest.store, index), index, cause })
  let folded = nest.fold === null ? 0 : nest.fold.start
  for (let r = 0; r < size(nest.reduced); r++) {
    const places = nest.loads.map((load) => placeOf(load, [...index, ...indexOf(r, nest.reduced)]))
    const operands = nest.loads.map((load, i) => element(load.buffer, at(places, i)))
    const term = evaluate(nest.expression, operands)
    if (Number.isNaN(term)) {
      const step = stepToNaN(nest.expression, operands)
      return found(
        'operand' in step
          ? { kind: 'read', buffer: at(nest.loads, step.operand).buffer, place: at(places, step.operand) }
          : { kind: 'step', ...step },
      )
    }
    if (nest.fold === null) break
    const next = evaluate(nest.fold.combine, [folded, term])
    if (Number.isNaN(next))
      return found({ kind: 'step', operation: nest.fold.name, operands: [folded, term], parts: [] })
    folded = next
  }
  throw new Error(`the kernel ${nest.name} stored NaN that its expression does not give`)
}
