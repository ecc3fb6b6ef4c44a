/**
 * Laws of the lowering of `webgpu` that need no device: what its units compute in its arenas, in any order that a device may
 * choose, is what the plan means. The agreement suite tests their texts on devices.
 */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { lowered } from '../backends/webgpu/program.ts'
import { evaluate, planOf } from '../src/lower/compile.ts'
import type { Named } from '../src/plan/backend.ts'
import { contract, input, softmax, type Tensor, tanh } from '../src/tensor/ops.ts'
import { distance } from './agreement/agree.ts'
import { layers } from './agreement/layers.ts'
import { products, slide } from './agreement/products.ts'
import { training } from './agreement/training.ts'
import { randomGraph } from './graphs.ts'
import { randomProgram } from './programs.ts'
import { unitsOfWebGpu } from './webgpuUnits.ts'

/** Arenas so small that plans need several of them. */
const room = { elements: 2 ** 15, arenas: 64, abreast: Number.POSITIVE_INFINITY, idle: false }

/** The largest error of any output; order of sums is all that may differ. */
const off = (found: Named, expected: Named): number =>
  Math.max(0, ...Object.entries(expected).map(([name, numbers]) => distance(found[name], numbers)))

const rounding = 1e-9

t.test('units in any order of rows and units mean what the plan means', async (t) => {
  await fc.assert(
    fc.asyncProperty(randomGraph(20), fc.nat(), async ({ outputs, feeds, inputs }, seed) => {
      const found = await evaluate(unitsOfWebGpu(room, seed))(outputs, feeds, inputs)
      const expected = await evaluate(cpu)(outputs, feeds, inputs)
      return Object.entries(expected).every(([name, numbers]) =>
        numbers.every((x, i) => {
          const y = found[name]?.[i] ?? Number.NaN
          return Object.is(x, y) || x === y || Math.abs(x - y) <= rounding * (1 + Math.abs(x))
        }),
      )
    }),
    { numRuns: 100 },
  )
  t.pass('100 graphs')
})

t.test(
  'and go on meaning it from run to run: state is kept, and nothing else of a run is left in the next',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(randomProgram(), fc.nat(), async ({ outputs, state, inputs, values }, seed) => {
        const plan = planOf({ outputs, state, inputs })
        const [one, other] = [await unitsOfWebGpu(room, seed).compile(plan), await cpu.compile(plan)]
        const names = plan.inputs.map((p) => p.name)
        const start = Object.fromEntries(names.map((name) => [name, values(name, 0)]))
        await Promise.all([one.write(start), other.write(start)])
        for (const turn of [1, 2, 3]) {
          const feeds = names.includes('x') ? { x: values('x', turn) } : {}
          const [found, expected] = [await one.run(feeds), await other.run(feeds)]
          if (!(off(found, expected) < rounding)) return false
        }
        return off(await one.read(plan.state), await other.read(plan.state)) < rounding
      }),
      { numRuns: 60 },
    )
    t.pass('60 programs')
  },
)

for (const c of [...products, ...layers, ...training.slice(1)])
  t.test(`units in any order agree with cpu: ${c.name}`, () => c.run(unitsOfWebGpu(room, 1)))

/** The kernels of each unit, dispatch by dispatch. */
const shapeOf = (outputs: Readonly<Record<string, Tensor>>): readonly (readonly number[])[] =>
  lowered(planOf({ outputs }), room).dispatches.map((units) => units.map((u) => u.parts.length))

t.test('the laws meet units of many kernels, splits, several arenas and zeros that are filled once', async (t) => {
  const [a, b] = [input('a', [3, 3000]), input('b', [3000, 4])]
  t.same(shapeOf({ y: contract({ sum: [[1, 0]] })(a, b) }), [[1], [1]], 'a product and the sum of its parts')
  const rows = softmax(1)(input('x', [256, 40]))
  t.ok(
    shapeOf({ y: rows })
      .flat()
      .some((n) => n > 2),
    `${shapeOf({ y: rows })}`,
  )
  const padded = planOf({ outputs: { y: slide(1)(tanh(input('x', [2, 8, 6, 5])), input('w', [3, 3, 5, 8])) } })
  const made = lowered(padded, { ...room, elements: 1024 })
  t.equal(made.zeroed.size, 1)
  t.ok(made.layout.arenas.length > 1)
})
