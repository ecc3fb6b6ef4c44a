/** The laws of a fold: backends take its elements in any order, and join what was folded apart. */
import { type Expression, evaluate } from '../tensor/expression.ts'
import type { Fold, Tensor } from '../tensor/tensor.ts'
import { type Law, same } from './law.ts'
import type { Point } from './point.ts'

const tolerance = 1e-12
const mostEqual = 9

interface Equation {
  readonly words: string
  /** Both sides at three numbers, in float64. */
  readonly sides: (a: number, b: number, c: number) => readonly [left: number, right: number]
}

const joined =
  (combine: Expression) =>
  (a: number, b: number): number =>
    evaluate(combine, [a, b])

const equations = ({ start, combine, ofEqual, rounds }: Fold): readonly Equation[] => {
  const f = joined(combine)
  return [
    { words: `its start is its identity, f(${start}, a) = a`, sides: (a) => [f(start, a), a] },
    { words: 'it is commutative, f(a, b) = f(b, a)', sides: (a, b) => [f(a, b), f(b, a)] },
    {
      words: 'it is associative, f(f(a, b), c) = f(a, f(b, c))',
      sides: (a, b, c) => [f(f(a, b), c), f(a, f(b, c))],
    },
    ...Array.from({ length: mostEqual }, (_, i): Equation => {
      const equal = Array.from<number>({ length: i + 1 })
      return {
        words: `\`ofEqual\` is the fold of ${i + 1} equal numbers`,
        sides: (a) => [ofEqual(a, i + 1), equal.reduce((folded) => f(folded, a), start)],
      }
    }),
    ...(rounds
      ? []
      : [
          {
            words: 'it does not round, and says so',
            sides: (a: number, b: number) => {
              const exact = f(Math.fround(a), Math.fround(b))
              return [Math.fround(exact), exact] as const
            },
          },
        ]),
  ]
}

/** The laws of a reduction's fold; none where an operation is no reduction. */
export const foldLaws = (name: string, y: Tensor, draw: (seed: number) => readonly Point[]): readonly Law[] => {
  const lowering = y.rule.lower()
  if (lowering.kind !== 'reduce') return []
  const exact = (words: string): boolean => words.startsWith('it does not round')
  return [
    {
      name: `${name}: its fold may be taken in any order`,
      holds: async (seed) => {
        const numbers = draw(seed).flatMap(({ values }) => [...values])
        const scale = numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
        for (const { words, sides } of equations(lowering.fold))
          numbers.slice(2).forEach((c, i) => {
            const [a = Number.NaN, b = Number.NaN] = numbers.slice(i)
            const [found, expected] = sides(a, b, c)
            const compared = { found: [found], expected: [expected] }
            same(`${name}: ${words}, at ${a}, ${b}, ${c}`, compared, exact(words) ? 0 : tolerance, scale)
          })
      },
    },
  ]
}
