import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { element } from '../src/codec/element.ts'
import { evaluate, planOf } from '../src/lower/compile.ts'
import { reads, writes } from '../src/plan/kernel.ts'
import type { Tensor } from '../src/tensor/tensor.ts'
import { simplify } from '../src/transform/simplify.ts'
import { type RandomGraph, randomGraph, randomIeeeGraph } from './graphs.ts'
import { meaningOf } from './meaning.ts'
import { randomProgram } from './programs.ts'
import { rowOf } from './rowOf.ts'

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce(
    (w, x, i) => {
      const y = b[i] ?? Number.NaN
      const error = Math.abs(x - y) / (1 + Math.abs(y))
      return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(w, error)
    },
    a.length === b.length ? 0 : Number.POSITIVE_INFINITY,
  )

/** The meaning of a graph's outputs; a graph in which numbers grow beyond all bounds is none for laws of finite ones. */
const finiteMeaning = ({ outputs, feeds }: RandomGraph): readonly Float64Array[] => {
  const known = new Map<Tensor, Float64Array>()
  const values = meaningOf(Object.values(outputs), feeds, known)
  fc.pre([...known.values()].every((list) => list.every((x) => Math.abs(x) < 1e100)))
  return values
}

/** The same numbers: NaN where NaN is, the same infinities. */
const asIeee = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length &&
  Array.from(a).every((x, i) => {
    const y = element(b, i)
    return Object.is(x, y) || x === y || Math.abs(x - y) <= 1e-9 * (1 + Math.abs(y))
  })

t.test('simplify keeps the meaning', async (t) => {
  fc.assert(
    fc.property(randomGraph(), (graph) => {
      const after = meaningOf(simplify(Object.values(graph.outputs)), graph.feeds)
      return finiteMeaning(graph).every((x, i) => worst(after[i] ?? [], x) < 1e-9)
    }),
    { numRuns: 600 },
  )
  t.pass('600 graphs')
})

t.test('schedule and plan preserve meaning', async (t) => {
  await fc.assert(
    fc.asyncProperty(randomGraph(), async (graph) => {
      const expected = finiteMeaning(graph)
      const values = await evaluate(cpu)(graph.outputs, graph.feeds, graph.inputs)
      return Object.keys(graph.outputs).every((name, i) => worst(values[name] ?? [], expected[i] ?? []) < 1e-9)
    }),
    { numRuns: 600 },
  )
  t.pass('600 graphs')
})

t.test('exact: simplify, schedule and plan keep NaN and infinities where they are, and bring none', async (t) => {
  await fc.assert(
    fc.asyncProperty(randomIeeeGraph(), async ({ outputs, feeds, inputs }) => {
      const nodes = Object.values(outputs)
      const expected = meaningOf(nodes, feeds)
      const simple = meaningOf(simplify(nodes, { exact: true }), feeds)
      const values = await evaluate(cpu, { exact: true })(outputs, feeds, inputs)
      return Object.keys(outputs).every(
        (name, i) => asIeee(simple[i] ?? [], expected[i] ?? []) && asIeee(values[name] ?? [], expected[i] ?? []),
      )
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

t.test('a buffer lives from the first region that touches it to the last, or outlives the run', async (t) => {
  fc.assert(
    fc.property(fc.oneof(randomGraph(), randomProgram()), (program) => {
      const plan = planOf({ state: {}, ...program })
      const lasting = new Set([...plan.inputs, ...plan.outputs, ...plan.constants].map((p) => p.buffer))
      return plan.buffers.every((_, b) => {
        const regions = plan.regions.flatMap((r, i) =>
          r.kernels.some((k) => reads(k).includes(b) || writes(k) === b) ? [i] : [],
        )
        const life = plan.lifetimes[b]
        if (lasting.has(b)) return life === null
        return regions.length > 0 && life?.[0] === regions[0] && life?.[1] === regions.at(-1)
      })
    }),
    { numRuns: 300 },
  )
  t.pass('300 programs')
})

t.test('rows of a region are independent: running them depth-first, last row first, is the same', async (t) => {
  let merged = 0
  await fc.assert(
    fc.asyncProperty(randomGraph(20), async ({ outputs, feeds, inputs }) => {
      const plan = planOf({ outputs, state: {}, inputs })
      merged += plan.regions.filter((r) => r.kernels.length > 1).length
      const rowByRow = plan.regions.flatMap((r) =>
        Array.from({ length: r.extent }, (_, i) => r.extent - 1 - i).flatMap((row) =>
          r.kernels.map((k) => ({ name: r.name, extent: 1, kernels: [rowOf(k, row)] })),
        ),
      )
      const whole = { ...plan, lifetimes: plan.lifetimes.map(() => null) }
      const [a, b] = await Promise.all(
        [whole, { ...whole, regions: rowByRow }].map(async (p) => (await cpu.compile(p)).run(feeds)),
      )
      return Object.keys(outputs).every((name) => worst(a?.[name] ?? [], b?.[name] ?? [1]) === 0)
    }),
    { numRuns: 300 },
  )
  t.ok(merged > 20, `${merged} regions of several kernels were seen`)
})
