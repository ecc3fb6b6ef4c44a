/**
 * Graphs on which a backend that computes in float32 can be held to `cpu`. Not those whose numbers float32 does not know
 * itself: small differences of large numbers, and orders (`ge`, `lt`) of numbers so close that rounding may exchange them.
 */
import type { Tensor } from '../../src/tensor/tensor.ts'
import type { RandomGraph } from '../graphs.ts'
import { meaningOf } from '../meaning.ts'
import { distance } from './agree.ts'

/** Two numbers closer than this, relative to the larger one or to 1, may be swapped by rounding. */
const close = 1e-5

const apart = (a: Float64Array, b: Float64Array): boolean =>
  a.every((x, i) => {
    const y = b[i] ?? Number.NaN
    return Math.abs(x - y) > close * Math.max(1, Math.abs(x), Math.abs(y))
  })

/** Float32 arithmetic, operation by operation, is ten times more accurate than the tolerance. */
export const isSteady =
  (tolerance: number) =>
  ({ outputs, feeds }: Pick<RandomGraph, 'outputs' | 'feeds'>): boolean => {
    const given = Object.fromEntries(
      Object.entries(feeds).map(([name, x]) => [name, Float64Array.from(x, Math.fround)]),
    )
    const nodes = Object.values(outputs)
    const values = new Map<Tensor, Float64Array>()
    const exact = meaningOf(nodes, given, values)
    const rounded = meaningOf(nodes, given, new Map(), Math.fround)
    const ordered = [...values.keys()].filter(({ op }) => op === 'ge' || op === 'lt')
    return (
      exact.every((x, i) => distance(rounded[i], x) < tolerance / 10) &&
      ordered.every(({ inputs: [a, b] }) => {
        const [x, y] = [a && values.get(a), b && values.get(b)]
        return x !== undefined && y !== undefined && apart(x, y)
      })
    )
  }
