/** The law that makes a backend one: what it computes of primitives is what another computes, as near as float32 comes. */
import { evaluate } from '../lower/compile.ts'
import type { Backend } from '../plan/backend.ts'
import { key, normal } from '../random/key.ts'
import { input, type Tensor } from '../tensor/ops.ts'
import type { Row } from '../tensor/primitive.ts'
import { size } from '../tensor/shape.ts'
import { vjp } from '../transform/grad.ts'
import { pointsOf } from './domain.ts'
import { type Law, same } from './law.ts'
import { type Applied, casesOf, numbersOf } from './primitive.ts'

/** Numbers of about this size or less count as of this size, since sums of larger ones end there. */
const smallest = 0.05
/** Rounding of a few operations in float32. */
const fewRoundings = 2e-5

/** One case with its gradients, under names that begin with its own, and the numbers that it is given. */
const programOf = ({ row, c, name }: Applied, seed: number) => {
  const inputs = c.shapes.map((shape, i) => input(`${name}, input ${i}`, shape))
  const y = c.f(...inputs)
  const dy = input(`${name}, dy`, y.shape)
  const gradients = vjp(y, dy, inputs).map((g, i): readonly [string, Tensor] => [`${name}, gradient ${i}`, g])
  const points = pointsOf(row, c, seed).map(({ values }, i) => [`${name}, input ${i}`, values] as const)
  const feeds = [...points, [`${name}, dy`, normal(key(seed), size(y.shape))] as const]
  return {
    inputs: [...inputs, dy],
    outputs: [[name, y] as const, ...gradients],
    // what a float32 backend is given is what it can be held to
    feeds: feeds.map(([at, x]) => [at, Float64Array.from(x, Math.fround)] as const),
  }
}

/** On one backend primitives and their gradients are what they are on another; all of them are compiled as one program. */
export const agreementLaw =
  (backend: Backend, reference: Backend) =>
  (...rows: readonly Row[]): Law => ({
    name: `${rows.map((row) => row.name).join(', ')}: on ${backend.name} as on ${reference.name}, with their gradients`,
    holds: async (seed) => {
      const programs = rows.flatMap(casesOf).map((applied) => programOf(applied, seed))
      const outputs = Object.fromEntries(programs.flatMap((p) => p.outputs))
      const feeds = Object.fromEntries(programs.flatMap((p) => p.feeds))
      const inputs = programs.flatMap((p) => p.inputs)
      const found = await evaluate(backend)(outputs, feeds, inputs)
      const expected = await evaluate(reference)(outputs, feeds, inputs)
      for (const what of Object.keys(outputs)) {
        const compared = { found: numbersOf(found, what), expected: numbersOf(expected, what) }
        const scale = Array.from(compared.expected).reduce((most, x) => Math.max(most, Math.abs(x)), smallest)
        same(what, compared, fewRoundings, scale)
      }
    },
  })
