/** Sums of very many terms of one sign: float32 loses very little accuracy, whatever their memory layout. */
import { key, uniform } from '../../src/random/key.ts'
import { contract, full, input, mean, normalise, softmax, square, sum, type Tensor } from '../../src/tensor/ops.ts'
import { vjp } from '../../src/transform/grad.ts'
import { agrees } from './agree.ts'
import type { Case } from './case.ts'

/** Relative error allowed for a float32 sum. */
const nearRounding = 1e-6

/** Sums of x [n] and of xs [n, 4] in every way that an engine takes them. */
const sumsOf = (n: number): Readonly<Record<string, Tensor>> => {
  const [x, xs, weight] = [input('x', [n]), input('xs', [n, 4]), full(1, [4, 6])]
  const y = contract({ sum: [[1, 0]] })(xs, weight)
  const [dWeight = weight] = vjp(y, input('dy', [n, 6]), [weight])
  return {
    sum: sum(x),
    mean: mean(x),
    norm: sum(square(x)),
    columns: sum([0])(xs),
    product: contract({ sum: [[0, 0]] })(x, x),
    products: contract({ sum: [[0, 0]] })(xs, xs),
    'gradient of a weight': dWeight,
    softmax: sum(softmax(0)(x)),
    'variance of a layer norm': mean(square(normalise([0], 1e-3)(x))),
  }
}

/** Feeds: n equal numbers, so that every rounding has the same sign, or n different ones. */
const alike = (n: number): Float32Array => new Float32Array(n).fill(0.1)
const unlike = (n: number): Float64Array => uniform(key(n), n).map((x) => 1 + x / 2)

const sums = (name: string, n: number, draw: (n: number) => Float32Array | Float64Array): Case => ({
  name: `${n} terms of one sign, ${name}`,
  run: (backend) => agrees(backend, nearRounding)(sumsOf(n), { x: draw(n), xs: draw(4 * n), dy: draw(6 * n) }),
})

export const sumCases: readonly Case[] = [
  sums('all alike', 2 ** 17, alike),
  sums('all alike', 100_003, alike),
  sums('no two alike', 100_003, unlike),
]
