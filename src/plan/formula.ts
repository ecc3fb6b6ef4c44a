/** A kernel's arithmetic as one line: `sum over 4 of exp(sub(x, max.3))`. */
import { at } from '../tensor/axes.ts'
import { type Expression, show } from '../tensor/expression.ts'
import type { Nest } from './kernel.ts'

/** Sizes as in `2x3`, 1 if there are none. */
export const sizes = (xs: readonly number[]): string => (xs.length === 0 ? '1' : xs.join('x'))

/** Buffers by name; a part that `named` knows is shown as `name = formula`. */
export const formula = (
  { expression, fold, reduced, loads }: Pick<Nest, 'expression' | 'fold' | 'reduced' | 'loads'>,
  buffer: (index: number) => string,
  named: (part: Expression) => string | null = () => null,
): string => {
  const body = show(expression, (i) => buffer(at(loads, i).buffer), named)
  return fold === null ? body : `${fold.name} over ${sizes(reduced)} of ${body}`
}
