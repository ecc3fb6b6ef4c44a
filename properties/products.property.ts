/**
 * Laws of long products with both operands packed (of one batch, one of them before the region). Held to `cpu`, in the
 * same bits on any threads.
 */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { forms } from '../backends/wasm/features.ts'
import { program } from '../backends/wasm/program.ts'
import { byForm, distance, formsToTry, on, same, whole } from '../spec/backends/wasm/products.ts'
import { planOf } from '../src/lower/compile.ts'
import { contract, input, reshape, type Tensor } from '../src/tensor/ops.ts'

const seeds = fc.integer({ min: 1, max: 1 << 30 })
const toTry = await formsToTry()

/** b products of [k, m] and [k, n]: how a weight's gradient lies; `split` takes m apart as heads do. */
const gradient = (b: number, m: number, n: number, k: number, split: boolean): Tensor => {
  const dy = input('dy', [b, k, n])
  if (!split) return contract({ batch: [[0, 0]], sum: [[1, 1]] })(input('x', [b, k, m]), dy)
  const x = reshape([b, 2, k, m / 2])(input('x', [b, k, m]))
  return contract({ batch: [[0, 0]], sum: [[2, 1]] })(x, dy)
}

/** Both operands packed: a product of one batch and few rows packs a before its region, the others cell by cell. */
const long: Readonly<
  Record<'ahead' | 'by cells', { readonly b: fc.Arbitrary<number>; readonly n: fc.Arbitrary<number> }>
> = {
  ahead: { b: fc.constant(1), n: fc.integer({ min: 33, max: 100 }) },
  'by cells': { b: fc.constantFrom(2, 9), n: fc.integer({ min: 1, max: 70 }) },
}

for (const { name, skip } of toTry)
  for (const [packed, { b, n }] of Object.entries(long))
    t.test(`long products (${name}), packed ${packed}: with both operands packed the sum is exact`, { skip }, () =>
      fc.assert(
        fc.asyncProperty(
          fc.record({
            b,
            m: fc.integer({ min: 6, max: 50 }).map((x) => 4 * x),
            n,
            k: fc.integer({ min: 48, max: 600 }),
            split: fc.boolean(),
            seed: seeds,
          }),
          async ({ b, m, n, k, split, seed }) => {
            const outputs = { dw: gradient(b, m, n, k, split) }
            const { text } = program(planOf({ outputs, state: {} }), forms[name])
            if (/\(elem .*\$packAhead/.test(text) !== (packed === 'ahead'))
              throw new Error('it is packed in another way')
            const feeds = { x: whole(seed, b * k * m), dy: whole(seed + 1, b * k * n) }
            const exact = await on(cpu, 1, outputs, feeds)
            const { single, two } = await byForm(name, outputs, feeds)
            return distance(exact, single) === 0 && same(single, two)
          },
        ),
        { numRuns: 2 },
      ),
    )
