import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { evaluate, planOf } from '../src/lower/compile.ts'
import { reads, writes } from '../src/lower/kernel.ts'
import { simplify } from '../src/transform/simplify.ts'
import { randomGraph } from './graphs.ts'
import { meaningOf } from './meaning.ts'

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce(
    (w, x, i) => {
      const y = b[i] ?? Number.NaN
      const error = Math.abs(x - y) / (1 + Math.abs(y))
      return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(w, error)
    },
    a.length === b.length ? 0 : Number.POSITIVE_INFINITY,
  )

t.test('simplify keeps the meaning', async (t) => {
  fc.assert(
    fc.property(randomGraph(), ({ outputs, feeds }) => {
      const nodes = Object.values(outputs)
      const [before, after] = [meaningOf(nodes, feeds), meaningOf(simplify(nodes), feeds)]
      return before.every((x, i) => worst(after[i] ?? [], x) < 1e-9)
    }),
    { numRuns: 400 },
  )
  t.pass('400 graphs')
})

t.test('schedule and plan keep the meaning', async (t) => {
  await fc.assert(
    fc.asyncProperty(randomGraph(), async ({ outputs, feeds }) => {
      const expected = meaningOf(Object.values(outputs), feeds)
      const values = await evaluate(cpu)(outputs, feeds)
      return Object.keys(outputs).every((name, i) => worst(values[name] ?? [], expected[i] ?? []) < 1e-9)
    }),
    { numRuns: 400 },
  )
  t.pass('400 graphs')
})

t.test('simplify is idempotent: a normal form has no equal nodes and nothing to rewrite', async (t) => {
  fc.assert(
    fc.property(randomGraph(), ({ outputs }) => {
      const once = simplify(Object.values(outputs))
      const twice = simplify(once)
      return once.every((x, i) => x === twice[i])
    }),
  )
  t.pass('100 graphs')
})

t.test('a buffer is alive in every region that touches it', async (t) => {
  fc.assert(
    fc.property(randomGraph(), ({ outputs }) => {
      const plan = planOf({ outputs, state: {} })
      return plan.regions.every((r, i) =>
        r.kernels.every((k) =>
          [...reads(k), writes(k)].every((b) => {
            const life = plan.lifetimes[b]
            return life === null || (life !== undefined && life[0] <= i && i <= life[1])
          }),
        ),
      )
    }),
  )
  t.pass('100 graphs')
})
