/** Every row of the table of primitives, with its gradients; and scalar functions far out, where float32 ends. */

import { pointsOf } from '../../src/check/domain.ts'
import { evaluate } from '../../src/lower/compile.ts'
import { key, uniform } from '../../src/random/key.ts'
import { exp, input, sigmoid, tanh } from '../../src/tensor/ops.ts'
import type { Row } from '../../src/tensor/primitive.ts'
import { primitives } from '../../src/tensor/primitives.ts'
import { size } from '../../src/tensor/shape.ts'
import { vjp } from '../../src/transform/grad.ts'
import { agrees, compare } from './agree.ts'
import type { Case } from './case.ts'

/** What the cases of a row give, under names that begin with the row's, and the numbers that they are given. */
const programOf = (row: Row) => {
  const all = row.cases.map((c, k) => {
    const name = row.cases.length > 1 ? `${row.name} (${k + 1})` : row.name
    const inputs = c.shapes.map((shape, i) => input(`${name}, input ${i}`, shape))
    const y = c.f(...inputs)
    const dy = input(`${name}, dy`, y.shape)
    const gradients = vjp(y, dy, inputs).map((g, i) => [`${name}, gradient of input ${i}`, g] as const)
    const values = pointsOf(row, c, 3).map(({ values }, i) => [`${name}, input ${i}`, values] as const)
    return {
      inputs: [...inputs, dy],
      outputs: [[name, y] as const, ...gradients],
      feeds: [...values, [`${name}, dy`, uniform(key(4), size(y.shape))] as const],
    }
  })
  return {
    inputs: all.flatMap((c) => c.inputs),
    outputs: all.flatMap((c) => c.outputs),
    feeds: all.flatMap((c) => c.feeds),
  }
}

/** Rows that are compiled as one program; an error names the row and the case. */
const together = 8

const rows: readonly Case[] = primitives.flatMap((first, i): readonly Case[] => {
  if (i % together !== 0) return []
  const some = primitives.slice(i, i + together)
  const last = some.at(-1) ?? first
  return [
    {
      name: `${first.name} to ${last.name} (${some.length} rows of the table) and their gradients`,
      run: (backend) => {
        const programs = some.map(programOf)
        return agrees(backend)(
          Object.fromEntries(programs.flatMap((p) => p.outputs)),
          Object.fromEntries(programs.flatMap((p) => p.feeds)),
          programs.flatMap((p) => p.inputs),
        )
      },
    },
  ]
})

const far = Float64Array.of(-1e30, -1e4, -120, -50, -12, 0, 12, 50, 80)
const beyond: Case = {
  name: 'tanh, sigmoid and exp saturate far out',
  run: async (backend) => {
    const x = input('x', [far.length])
    const found = await evaluate(backend)({ tanh: tanh(x), sigmoid: sigmoid(x), exp: exp(x) }, { x: far })
    compare(
      { ...found, exp: Float64Array.from(found.exp ?? [], Math.log1p) },
      {
        tanh: far.map(Math.tanh),
        sigmoid: far.map((v) => 1 / (1 + Math.exp(-v))),
        exp: far.map((v) => Math.log1p(Math.exp(v))),
      },
      1e-6,
    )
    const large = Float64Array.of(90, 1e4)
    const two = input('x', [2])
    const huge = await evaluate(backend)({ exp: exp(two), tanh: tanh(two) }, { x: large })
    const [a = 0, b = 0] = huge.exp ?? []
    if (!(a > 3e38 && b > 3e38)) throw new Error(`exp of 90 and 10000 is ${a} and ${b}, not the end of float32`)
    compare({ tanh: huge.tanh ?? new Float64Array() }, { tanh: Float64Array.of(1, 1) }, 1e-6)
  },
}

export const primitiveCases: readonly Case[] = [...rows, beyond]
