/**
 * The law of a scalar function: its expression over the core, computed in float32, is its meaning. Right is what the
 * function is within a few units in the last place of its argument, plus as much of its value: where a function bends
 * away from a root, or swings, float32 arguments do not say more.
 */
import { evaluateFloat32, type ScalarFunction } from '../tensor/expression.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type Law, LawError } from './law.ts'
import type { Point } from './point.ts'

/** Distance of neighbouring float32 numbers beside their size, and the smallest number that has it. */
const [unit, smallest] = [2 ** -23, 2 ** -126]
const beyond = 2 ** 128

/** The end of float32 counts as the number after the last. */
const finite = (x: number): number => Math.max(-beyond, Math.min(beyond, x))

/** Is `found` as near to f(x) as float32 comes, in so many units? Results below the smallest normal number may be 0. */
export const isNear = (
  found: number,
  f: (x: readonly number[]) => number,
  x: readonly number[],
  units: number,
): boolean => {
  const steps = [-units, -units / 2, 0, units / 2, units]
  const moved = steps.flatMap((s) => x.map((_, i) => f(x.map((n, j) => (i === j ? n * (1 + s * unit) : n)))))
  const exact = f(x)
  if (Number.isNaN(exact) || Number.isNaN(found)) return Number.isNaN(exact) && Number.isNaN(found)
  const around = moved.filter((y) => !Number.isNaN(y)).map(finite)
  const slack = units * unit * Math.abs(finite(exact)) + smallest
  return finite(found) >= Math.min(...around) - slack && finite(found) <= Math.max(...around) + slack
}

/** The function that an elementwise operation is, where it has a meaning beside its expression. */
export const functionOf = (y: Tensor): ScalarFunction | null => {
  const lowering = y.rule.lower()
  if (lowering.kind !== 'map' || lowering.expression.kind !== 'call') return null
  const { fn, args } = lowering.expression
  return args.every((a, i) => a.kind === 'operand' && a.index === i) ? fn : null
}

const units = 4

/** The law of a scalar function at drawn numbers; none where an operation is no such function. */
export const scalarLaws = (name: string, y: Tensor, draw: (seed: number) => readonly Point[]): readonly Law[] => {
  const fn = functionOf(y)
  if (fn === null) return []
  return [
    {
      name: `${name}: its expression in float32 is its meaning`,
      holds: async (seed) => {
        const drawn = draw(seed).map(({ values }) => Array.from(values, Math.fround))
        drawn[0]?.forEach((_, i) => {
          const x = drawn.map((values) => values[i] ?? Number.NaN)
          const found = evaluateFloat32(fn.body, x)
          if (!isNear(found, (at) => fn.meaning(...at), x, units))
            throw new LawError(
              `${name}: ${fn.name}(${x.join(', ')}) is ${found} in float32, expected ${fn.meaning(...x)}`,
            )
        })
      },
    },
  ]
}
