/**
 * The laws of a primitive, ours or anyone's: everything that a declaration claims, as checks by name.
 *
 * These hold a primitive to itself, best on a backend that computes in float64 (`cpu`); `agreementLaw` (agreement.ts) holds
 * a backend to another one.
 */
import { zip } from 'fp-ts/lib/ReadonlyArray.js'
import { evaluate } from '../lower/compile.ts'
import type { Backend, Named } from '../plan/backend.ts'
import { key, normal, uniform } from '../random/key.ts'
import { add, input, mul, type Tensor } from '../tensor/ops.ts'
import type { Row } from '../tensor/primitive.ts'
import { sameShape, size, text } from '../tensor/shape.ts'
import { vjp } from '../transform/grad.ts'
import { algebraLaws } from './algebra.ts'
import { pointsOf, type RowCase } from './domain.ts'
import { foldLaws } from './fold.ts'
import { gradientHolds } from './gradient.ts'
import { type Law, LawError, same } from './law.ts'
import { scalarLaws } from './scalar.ts'

const seedOf = (seed: number, child: number): number => (seed + child) % 2 ** 31

/** One case of a primitive applied to inputs x0, x1, .. */
export interface Applied {
  readonly row: Row
  readonly c: RowCase
  readonly inputs: readonly Tensor[]
  readonly y: Tensor
  readonly name: string
}

const appliedTo = (row: Row, c: RowCase, i: number): Applied => {
  const inputs = c.shapes.map((shape, j) => input(`x${j}`, shape))
  const name = row.cases.length > 1 ? `${row.name} (${i + 1})` : row.name
  return { row, c, inputs, y: c.f(...inputs), name }
}

const feedsOf = ({ row, c }: Applied, seed: number): Named =>
  Object.fromEntries(pointsOf(row, c, seed).map(({ values }, j) => [`x${j}`, values]))

/** Tensors by a letter and a number. */
const numbered = (letter: string, list: readonly Tensor[]): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(list.map((x, j) => [`${letter}${j}`, x]))

export const numbersOf = (values: Named, name: string): ArrayLike<number> => {
  const found = values[name]
  if (found === undefined) throw new LawError(`the backend gave no ${name}`)
  return found
}

const adjoint = (backend: Backend, { row, c, name }: Applied): Law => ({
  name: `${name}: <dy, J v> = <J' dy, v>, and so again for its gradient`,
  holds: (seed) => gradientHolds(backend)((xs: readonly Tensor[]) => c.f(...xs), pointsOf(row, c, seed))(seed),
})

const linear = (backend: Backend, applied: Applied): Law => {
  const { name, inputs, y } = applied
  const [a, b] = [input('a', y.shape), input('b', y.shape)]
  return {
    name: `${name}: its vjp is linear in dy`,
    holds: async (seed) => {
      const factor = 6 * (uniform(key(seed), 1)[0] ?? Number.NaN) - 3
      const of = (dy: Tensor): readonly Tensor[] => vjp(y, dy, inputs)
      const apart = zip(of(a), of(b)).map(([p, q]) => add(mul(p, factor), q))
      const outputs = { ...numbered('together', of(add(mul(a, factor), b))), ...numbered('apart', apart) }
      const values = await evaluate(backend)(
        outputs,
        {
          ...feedsOf(applied, seed),
          a: normal(key(seedOf(seed, 1)), size(y.shape)),
          b: normal(key(seedOf(seed, 2)), size(y.shape)),
        },
        [...inputs, a, b],
      )
      inputs.forEach((_, j) => {
        const compared = { found: numbersOf(values, `together${j}`), expected: numbersOf(values, `apart${j}`) }
        same(`${name}: gradient ${j} of ${factor} a + b`, compared, tolerance[backend.precision])
      })
    },
  }
}

/** What float arithmetic of a few steps may lose. */
const tolerance = { f64: 1e-12, f32: 1e-4 } as const

const realised = (backend: Backend, applied: Applied): Law => {
  const { name, inputs, y } = applied
  return {
    name: `${name}: what is realised fills the shape of its rule, and a gradient the shape of its input`,
    holds: async (seed) => {
      const dy = input('dy', y.shape)
      const gradients = vjp(y, dy, inputs)
      for (const [g, x] of zip(gradients, inputs))
        if (!sameShape(g.shape, x.shape))
          throw new LawError(`${name}: a gradient has shape ${text(g.shape)}, expected ${text(x.shape)}`)
      const outputs = { y, ...numbered('gradient', gradients) }
      const feeds = { ...feedsOf(applied, seed), dy: normal(key(seedOf(seed, 1)), size(y.shape)) }
      const values = await evaluate(backend)(outputs, feeds, [...inputs, dy])
      for (const [what, tensor] of Object.entries(outputs)) {
        const numbers = numbersOf(values, what)
        if (numbers.length !== size(tensor.shape))
          throw new LawError(`${name}: ${what} has ${numbers.length} numbers, expected ${size(tensor.shape)}`)
        const wrong = Array.from(numbers).findIndex((x) => !Number.isFinite(x))
        if (wrong >= 0)
          throw new LawError(`${name}: element ${wrong} of ${what} is ${numbers[wrong]}, expected a number`)
      }
    },
  }
}

export const casesOf = (row: Row): readonly Applied[] => {
  if (row.cases.length === 0) throw new RangeError(`${row.name}: its domain has no cases, so that no law can be tried`)
  return row.cases.map((c, i) => appliedTo(row, c, i))
}

/**
 * What a primitive's declaration claims: its vjp is the adjoint of its derivative, in first and second order, and linear
 * in dy; shapes are what the rules say; its algebra holds; a fold folds in any order; what a scalar function is in terms
 * of the core is its meaning to float32.
 */
export const primitiveLaws =
  (backend: Backend) =>
  (row: Row): readonly Law[] =>
    casesOf(row).flatMap((applied) => {
      const { c, y, inputs, name } = applied
      const draw = (seed: number) => pointsOf(row, c, seed)
      const own = (): readonly Law[] => [
        ...algebraLaws(backend, name, y, draw),
        ...foldLaws(name, y, draw),
        ...scalarLaws(name, y, draw),
      ]
      // a function of several nodes declares nothing but its derivative and its shapes
      const isOne = y.inputs.length === inputs.length && y.inputs.every((x, i) => x === inputs[i])
      return [adjoint(backend, applied), linear(backend, applied), realised(backend, applied), ...(isOne ? own() : [])]
    })
