/** Laws of what a profile counts. */
import fc from 'fast-check'
import t from 'tap'
import { touched } from '../src/plan/cost.ts'

const loops = fc.array(fc.record({ n: fc.integer({ min: 0, max: 5 }), stride: fc.integer({ min: -6, max: 6 }) }), {
  maxLength: 4,
})
type Loops = readonly { readonly n: number; readonly stride: number }[]

/** Every element that the loops come past, one by one. */
const elements = (all: Loops): number => {
  const at = all.reduce<readonly number[]>(
    (from, { n, stride }) => from.flatMap((x) => Array.from({ length: n }, (_, i) => x + i * stride)),
    [0],
  )
  return new Set(at).size
}
const counted = (all: Loops): number =>
  touched(
    all.map((l) => l.n),
    all.map((l) => l.stride),
  )

t.test('traffic is never less than the elements that loops visit', async () =>
  fc.assert(fc.property(loops, (all) => counted(all) >= elements(all))),
)

t.test('traffic equals them for row-major rows, loops of stride 0, and sliding windows', async () =>
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
      fc.nat(4),
      fc.nat(3),
      (sizes, still, taps) => {
        const rows = sizes.map((n, i) => ({ n, stride: sizes.slice(i + 1).reduce((all, m) => all * m, 1) }))
        const window = { n: taps + 1, stride: 1 }
        const all = [...rows, { n: still + 1, stride: 0 }]
        return counted(all) === elements(all) && counted([...all, window]) === elements([...all, window])
      },
    ),
  ),
)
