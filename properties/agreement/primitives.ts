/** Every row of the table of primitives, with its gradients; and scalar functions at extreme arguments. */
import { evaluate } from '../../src/lower/compile.ts'
import { key, uniform } from '../../src/random/key.ts'
import { exp, input, sigmoid, tanh } from '../../src/tensor/ops.ts'
import { primitives } from '../../src/tensor/primitives.ts'
import { size } from '../../src/tensor/shape.ts'
import { vjp } from '../../src/transform/grad.ts'
import { numbers } from '../points.ts'
import { agrees, compare } from './agree.ts'
import type { Case } from './case.ts'

const rows: readonly Case[] = primitives.map((row) => ({
  name: `${row.name} and its gradients`,
  run: async (backend) => {
    for (const c of row.cases) {
      const inputs = c.shapes.map((shape, i) => input(`x${i}`, shape))
      const y = c.f(...inputs)
      const dy = input('dy', y.shape)
      const gradients = vjp(y, dy, inputs)
      const outputs = { y, ...Object.fromEntries(gradients.map((g, i) => [`gradient of input ${i}`, g])) }
      const feeds = Object.fromEntries(numbers(row, c, 3).map((x, i) => [`x${i}`, x]))
      await agrees(backend)(outputs, { ...feeds, dy: uniform(key(4), size(y.shape)) }, [...inputs, dy])
    }
  },
}))

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
