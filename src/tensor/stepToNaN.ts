/** Which step of a scalar expression made NaN of operands that are none. */
import { at } from './axes.ts'
import { type Expression, evaluate } from './expression.ts'

export interface Step {
  /** `log`, `div`. */
  readonly operation: string
  readonly operands: readonly number[]
  /** The step, then what it is a part of, outwards to the whole expression; empty for a step outside of it. */
  readonly parts: readonly Expression[]
}

type Applied = Exclude<Expression, { readonly kind: 'operand' | 'constant' }>

/** The arguments on which the value depends: of a selection the condition and what it chose. */
const used = (e: Applied, values: readonly number[]): readonly Expression[] => {
  if (e.kind !== 'core' || e.op !== 'select') return e.args
  return [at(e.args, 0), at(e.args, at(values, 0) !== 0 ? 1 : 2)]
}

/** Follows NaN inwards from an expression whose value is NaN: to a step, or to an operand that was NaN already. */
export const stepToNaN = (
  e: Expression,
  operands: readonly number[],
  outer: readonly Expression[] = [],
): Step | { readonly operand: number } => {
  if (e.kind === 'operand') return { operand: e.index }
  const parts = [e, ...outer]
  if (e.kind === 'constant') return { operation: 'constant', operands: [e.value], parts }
  const values = e.args.map((a) => evaluate(a, operands))
  const given = used(e, values).find((a) => Number.isNaN(evaluate(a, operands)))
  if (given !== undefined) return stepToNaN(given, operands, parts)
  return { operation: e.kind === 'core' ? e.op : e.fn.name, operands: values, parts }
}
