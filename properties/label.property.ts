/** Labels name: they change no number, no kernel and no buffer, of a graph and of its gradient. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { evaluate, planOf } from '../src/lower/compile.ts'
import type { Plan } from '../src/plan/plan.ts'
import { label, sum, type Tensor } from '../src/tensor/ops.ts'
import { topological } from '../src/tensor/tensor.ts'
import { vjp } from '../src/transform/grad.ts'
import { type RandomGraph, randomGraph } from './graphs.ts'

type Outputs = Readonly<Record<string, Tensor>>

/** The same graphs with a label on every node whose place is chosen. */
const labelled = (outputs: Outputs, chosen: (place: number) => boolean): Outputs => {
  const again = new Map<Tensor, Tensor>()
  const of = (x: Tensor): Tensor => again.get(x) ?? x
  topological(Object.values(outputs)).forEach((node, i) => {
    const rebuilt = node.inputs.length === 0 ? node : node.rule.rebuild(node.inputs.map(of))
    again.set(node, chosen(i) ? label(`node ${i}`)(rebuilt) : rebuilt)
  })
  return Object.fromEntries(Object.entries(outputs).map(([name, x]) => [name, of(x)]))
}

/** The outputs, and the gradients of their sums. */
const withGradients = (outputs: Outputs, inputs: RandomGraph['inputs']): Outputs => {
  const gradients = Object.entries(outputs).flatMap(([name, y]) => {
    const total = sum(y)
    return vjp(total, sum(total), inputs).map((g, i) => [`${name} by ${i}`, g] as const)
  })
  return { ...outputs, ...Object.fromEntries(gradients) }
}

const nameless = ({ buffers, regions, ...rest }: Plan) => ({
  ...rest,
  buffers: buffers.map((b) => b.size),
  regions: regions.map(({ extent, kernels }) => ({ extent, kernels: kernels.map((k) => ({ ...k, name: '' })) })),
})

t.test('a labelled program has the plan of the bare one but for names, and its numbers bit for bit', async (t) => {
  let named = 0
  await fc.assert(
    fc.asyncProperty(randomGraph(), fc.integer({ min: 1, max: 3 }), async ({ outputs, inputs, feeds }, every) => {
      const bare = withGradients(outputs, inputs)
      const program = withGradients(
        labelled(outputs, (i) => i % every === 0),
        inputs,
      )
      const [plan, other] = [planOf({ outputs: bare, inputs }), planOf({ outputs: program, inputs })]
      named += other.regions.flatMap((r) => r.kernels).filter((k) => k.name.includes('node ')).length
      return (
        isDeepStrictEqual(nameless(plan), nameless(other)) &&
        isDeepStrictEqual(await evaluate(cpu)(program, feeds, inputs), await evaluate(cpu)(bare, feeds, inputs))
      )
    }),
    { numRuns: 200 },
  )
  t.ok(named > 200, `${named} kernels have the name of a label`)
})
