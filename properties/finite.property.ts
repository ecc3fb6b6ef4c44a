/**
 * Functions whose values and gradients are finite wherever their input is, up to the ends of float32: no infinity inside
 * a formula meets another, or a zero.
 */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { wasm } from '../backends/wasm/index.ts'
import { compile } from '../src/lower/compile.ts'
import * as T from '../src/tensor/ops.ts'
import { vjp } from '../src/transform/grad.ts'

const [rows, columns] = [32, 4]
const count = rows * columns

/** A float32 of either sign, evenly over exponents from -150, which is 0, to `most`. */
const float32 = (most: number): fc.Arbitrary<number> =>
  fc
    .record({ e: fc.integer({ min: -150, max: most }), m: fc.nat(2 ** 23 - 1), negative: fc.boolean() })
    .map(({ e, m, negative }) => {
      const size = Math.fround(2 ** e * (1 + m / 2 ** 23))
      return (negative ? -1 : 1) * Math.min(size, 3.4028234663852886e38)
    })

type Function = (x: T.Tensor) => T.Tensor

/** Finite for every finite number. */
const everywhere: Readonly<Record<string, Function>> = {
  abs: T.abs,
  'exp(-|x|)': (x) => T.exp(T.neg(T.abs(x))),
  gelu: T.gelu,
  max: T.max(-1, { keep: true }),
  maximum: (x) => T.maximum(x, T.flip(0)(x)),
  min: T.min(-1, { keep: true }),
  minimum: (x) => T.minimum(x, T.flip(0)(x)),
  sigmoid: T.sigmoid,
  sign: T.sign,
  silu: T.silu,
  softmax: T.softmax(-1),
  tanh: T.tanh,
}

/** Finite where squares are. */
const ofSquares: Readonly<Record<string, Function>> = {
  normalise: T.normalise(-1, 1e-6),
  groupNormalise: (x) => T.groupNormalise(2, 1e-6)(T.reshape([rows, 1, columns])(x)),
}

/** Values, gradients, and gradients of the gradients' sums. */
const outputsOf = (functions: Readonly<Record<string, Function>>, x: T.Tensor): Readonly<Record<string, T.Tensor>> =>
  Object.fromEntries(
    Object.entries(functions).flatMap(([name, f]) => {
      const y = f(x)
      const first = vjp(y, T.full(1, y.shape), [x])
      const second = first.flatMap((g) => vjp(g, T.full(1, g.shape), [x]))
      const orders = [y, ...first, ...second]
      return orders.map((z, order) => [`${name}, order ${order}`, z] as const)
    }),
  )

const [x, small] = [T.input('x', [rows, columns]), T.input('small', [rows, columns])]
const outputs = { ...outputsOf(everywhere, x), ...outputsOf(ofSquares, small) }
const draw = (most: number): fc.Arbitrary<Float64Array> =>
  fc.array(float32(most), { minLength: count, maxLength: count }).map((list) => Float64Array.from(list))

for (const { backend, runs } of [
  { backend: cpu, runs: 50 },
  { backend: wasm, runs: 25 },
])
  t.test(
    `${backend.name}: functions and their gradients, first and second, are finite for finite numbers`,
    async (t) => {
      const executable = await compile(backend)({ outputs, state: {} })
      try {
        await fc.assert(
          fc.asyncProperty(draw(128), draw(59), async (numbers, squarable) => {
            const found = await executable.run({ x: numbers, small: squarable })
            const wrong = Object.keys(outputs).filter((name) => found[name]?.every(Number.isFinite) !== true)
            t.same(wrong, [])
          }),
          { numRuns: runs },
        )
      } finally {
        await executable.dispose()
      }
    },
  )
