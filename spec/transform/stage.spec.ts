/** Stages of long sums: which there are, that they add up, and that plans and what is made of them stay small. */

import t from 'tap'
import { cpu } from '../../backends/cpu/index.ts'
import { forms } from '../../backends/wasm/features.ts'
import { program } from '../../backends/wasm/program.ts'
import { element } from '../../src/codec/element.ts'
import { evaluate, planOf } from '../../src/lower/compile.ts'
import { contract, input, sum, type Tensor } from '../../src/tensor/ops.ts'
import { size } from '../../src/tensor/shape.ts'

const whole = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => ((i * 37) % 15) - 7)

/** Terms that every kernel of a plan folds for one of its results. */
const folds = (y: Tensor): readonly number[] =>
  planOf({ outputs: { y }, state: {} })
    .regions.flatMap((r) => r.kernels)
    .map((k) => size(k.kind === 'nest' ? k.reduced : k.axes.filter((x) => x.role === 'k').map((x) => x.size)))

t.test('a staged product summed over several axes pairs matching axes', async (t) => {
  const [a, b] = [input('a', [20, 16, 17, 5]), input('b', [20, 17, 16, 4])]
  const y = contract({
    sum: [
      [0, 0],
      [1, 2],
      [2, 1],
    ],
  })(a, b)
  const [x, w] = [whole(20 * 16 * 17 * 5), whole(20 * 16 * 17 * 4)]
  const { y: found = [] } = await evaluate(cpu)({ y }, { a: x, b: w })
  const expected = Array.from({ length: 20 }, (_, at) => {
    const [m, n] = [Math.floor(at / 4), at % 4]
    let total = 0
    for (let i = 0; i < 20; i++)
      for (let j = 0; j < 16; j++)
        for (let k = 0; k < 17; k++)
          total += element(x, ((i * 16 + j) * 17 + k) * 5 + m) * element(w, ((i * 17 + k) * 16 + j) * 4 + n)
    return total
  })
  t.strictSame([...found], expected)
  t.ok(folds(y).length > 1, 'there are stages')
})

t.test('no kernel reduces more than 4096 terms, even if their number is prime', (t) => {
  for (const n of [4097, 8191, 100_003, 2 ** 20, 3_000_017]) {
    t.ok(
      folds(sum(input('x', [n]))).every((k) => k <= 4096),
      `${n} terms`,
    )
    t.ok(
      folds(sum([0])(input('x', [n, 3]))).every((k) => k <= 4096),
      `${n} rows`,
    )
    t.ok(
      folds(contract({ sum: [[0, 0]] })(input('x', [n]), input('y', [n]))).every((k) => k <= 4096),
      `${n} products`,
    )
  }
  t.strictSame(folds(sum([0], { keep: true })(input('x', [4096]))), [4096], 'a short one is one')
  t.end()
})

t.test('stages of products add up: whole pieces and a remainder, with batches, over several axes', async (t) => {
  const [k, u] = [70_001, 3]
  const [a, b] = [input('a', [u, 5, k]), input('b', [k, u, 4])]
  const y = contract({ batch: [[0, 1]], sum: [[2, 0]] })(a, b)
  const [x, w] = [whole(u * 5 * k), whole(k * u * 4)]
  const { y: found = [] } = await evaluate(cpu)({ y }, { a: x, b: w })
  const expected = Array.from({ length: u * 20 }, (_, at) => {
    const [i, m, n] = [Math.floor(at / 20), Math.floor(at / 4) % 5, at % 4]
    let total = 0
    for (let j = 0; j < k; j++) total += element(x, (i * 5 + m) * k + j) * element(w, (j * u + i) * 4 + n)
    return total
  })
  t.strictSame([...found], expected)
  t.ok(
    folds(y).every((terms) => terms <= 4096),
    `${folds(y)}`,
  )
})

t.test("wasm's initial memory image grows with the plan, not with the terms of its products", (t) => {
  const words = (m: number, k: number): number => {
    const y = contract({ sum: [[1, 0]] })(input('a', [m, k]), input('b', [k, m]))
    const made = program(planOf({ outputs: { y }, state: {} }), forms.fma256)
    return made.words.reduce((n, { values }) => n + values.length, 0)
  }
  t.ok(words(1, 2 ** 22) < 2000, `one result: ${words(1, 2 ** 22)}`)
  t.ok(words(8, 2 ** 22) < 30_000, `64 results: ${words(8, 2 ** 22)}`)
  t.end()
})
