/** How the rows of a region are claimed. */
import t from 'tap'
import { anyhow, type Division, tileOf, together } from '../../../backends/wasm/claims.ts'

const strips = (must: number, unit: number): Division => ({ must, unit, firm: true })

t.test('a claim: enough work, enough claims, whole units', (t) => {
  t.equal(tileOf(1, 1), 1)
  t.equal(tileOf(640, 1), 20, 'a thirty-second of the rows')
  t.equal(tileOf(640, 500_000), 5, 'or less where rows are much work')
  t.equal(tileOf(640, 1, { ...anyhow, unit: 6 }), 18)
  t.equal(tileOf(64, 1, { ...anyhow, unit: 6 }), 2, 'fewer rows than a unit are no whole units')
  t.equal(tileOf(64, 1, { ...anyhow, unit: 6, firm: true }), 6, 'but where it is firm')
  t.end()
})

t.test('a claim never splits a strip, whatever the other kernels prefer', (t) => {
  for (const [a, b] of [
    [strips(4, 4), strips(6, 6)],
    [strips(4, 8), strips(6, 6)],
    [strips(4, 4), { ...anyhow, unit: 3 }],
    [strips(1, 6), strips(4, 4)],
  ] as const)
    for (const [first, second] of [
      [a, b],
      [b, a],
    ] as const)
      for (const extent of [48, 96, 960]) {
        const tile = tileOf(extent, 1000, together(together(anyhow, first), second))
        t.equal(tile % a.must, 0, `${tile} of ${extent} rows are whole strips of ${a.must}`)
        t.equal(tile % b.must, 0, `${tile} of ${extent} rows are whole strips of ${b.must}`)
      }
  t.same(together(strips(4, 4), strips(6, 6)).must, 12)
  t.end()
})

t.test('the unit of a firm kernel comes before a coarser one, and of two alike the coarser', (t) => {
  t.match(together({ ...anyhow, unit: 6 }, strips(1, 4)), { unit: 4, firm: true })
  t.match(together(strips(1, 4), { ...anyhow, unit: 6 }), { unit: 4, firm: true })
  t.match(together(strips(1, 4), strips(1, 6)), { unit: 6, firm: true })
  t.match(together({ ...anyhow, unit: 3 }, { ...anyhow, unit: 2 }), { unit: 3, firm: false })
  t.end()
})
