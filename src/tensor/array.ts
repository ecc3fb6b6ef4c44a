/** Numbers that are known when the graph is built, from nested lists. */
import { operation, orThrow } from './errors.ts'
import { literal } from './leaf.ts'
import { blockOf, type Nested } from './nested.ts'
import type { Tensor } from './tensor.ts'

/** `array([[1, 2], [3, 4]])` is [2, 2]; lists beside each other must be equally long. */
export const array = operation('array', (nested: Nested): Tensor => {
  const { data, shape } = orThrow('array', [], blockOf(nested))
  return literal(data, shape)
})
