/** Tables of contracts: their spans, and that making them takes work in proportion to what they hold. */
import t from 'tap'
import { spansOf } from '../../../backends/wasm/contractTables.ts'
import { forms } from '../../../backends/wasm/features.ts'
import { program } from '../../../backends/wasm/program.ts'
import { planOf } from '../../../src/lower/compile.ts'
import { contract, input } from '../../../src/tensor/ops.ts'

t.test('spans: lists lie one behind another, and each is looked at once', (t) => {
  t.strictSame(spansOf([[1, 2], [], [3]], 100), [
    [100, 108],
    [108, 108],
    [108, 112],
  ])
  let looks = 0
  const list = {
    get length(): number {
      looks++
      return 2
    },
  }
  const count = 10_000
  const spans = spansOf(
    Array.from({ length: count }, () => list),
    0,
  )
  t.equal(looks, count)
  t.strictSame(spans.at(-1), [8 * (count - 1), 8 * count])
  t.end()
})

t.test('words of a product grow in proportion to its rows, columns and terms together', (t) => {
  const words = (m: number, n: number, k: number): number => {
    const y = contract({ sum: [[0, 0]] })(input('a', [k, m]), input('b', [k, n]))
    return program(planOf({ outputs: { y }, state: {} }), forms.fma256).words.reduce(
      (sum, w) => sum + w.values.length,
      0,
    )
  }
  for (const [m, n, k] of [
    [32, 32, 2 ** 16],
    [2 ** 16, 32, 32],
    [32, 2 ** 16, 32],
    [24, 24, 2 ** 20],
    [1, 1, 2 ** 22],
  ] as const)
    t.ok(words(m, n, k) < 2000 + 6 * (m + n) + k / 4, `${m} x ${n} x ${k}: ${words(m, n, k)}`)
  t.end()
})
