/** Laws of programs with state: a run equals one step written out, whichever buffers the plan reuses. */
import fc from 'fast-check'
import t from 'tap'
import { cpu } from '../backends/cpu/index.ts'
import { wasm } from '../backends/wasm/index.ts'
import { compile, planOf } from '../src/lower/compile.ts'
import type { Backend } from '../src/plan/backend.ts'
import type { Plan } from '../src/plan/plan.ts'
import { compare } from './agreement/agree.ts'
import { meaningOf } from './meaning.ts'
import { type RandomProgram, randomProgram } from './programs.ts'

type Values = Readonly<Record<string, Float64Array>>

/** Outputs and next states in float64, node by node. */
const step = (
  { outputs, state }: RandomProgram,
  before: Values,
): { readonly outputs: Values; readonly state: Values } => {
  const names = [...Object.keys(outputs), ...Object.keys(state)]
  const found = meaningOf([...Object.values(outputs), ...Object.values(state)], before)
  const values = names.flatMap((name, i) => (found[i] === undefined ? [] : [[name, found[i]] as const]))
  const cut = Object.keys(outputs).length
  return { outputs: Object.fromEntries(values.slice(0, cut)), state: Object.fromEntries(values.slice(cut)) }
}

const float64 = (values: Readonly<Record<string, ArrayLike<number>>>): Values =>
  Object.fromEntries(Object.entries(values).map(([name, x]) => [name, Float64Array.from(x)]))

/** Three runs, each compared with a step from the state that the previous run left. */
const steps = async (backend: Backend, program: RandomProgram, tolerance: number): Promise<void> => {
  const executable = await compile(backend, { threads: 2 })(program)
  try {
    const states = Object.keys(program.state)
    await executable.write(Object.fromEntries(states.map((name) => [name, program.values(name, 0)])))
    for (const turn of [1, 2, 3]) {
      const feeds = { x: program.values('x', turn) }
      const before = { ...float64(await executable.read(states)), ...feeds }
      const expected = step(program, before)
      compare(await executable.run(feeds), expected.outputs, tolerance)
      compare(await executable.read(states), expected.state, tolerance)
    }
  } finally {
    await executable.dispose()
  }
}

for (const { backend, tolerance, runs } of [
  { backend: cpu, tolerance: 1e-9, runs: 400 },
  { backend: wasm, tolerance: 1e-4, runs: 8 },
])
  t.test(`${backend.name}: ${runs} random programs with state run as steps by hand`, async (t) => {
    await fc.assert(
      fc.asyncProperty(randomProgram(), (program) => steps(backend, program, tolerance)),
      { numRuns: runs },
    )
    t.pass('')
  })

t.test(
  'such programs have states that are computed in place, states that are copied, and regions of several kernels',
  (t) => {
    const plans = fc.sample(randomProgram(), { numRuns: 200, seed: 1 }).map((program) => planOf(program))
    const count = (is: (plan: Plan) => boolean): number => plans.filter(is).length
    const copied = (plan: Plan): number => plan.buffers.filter((b) => b.name.endsWith('.next')).length
    t.ok(count((plan) => plan.regions.some((r) => r.kernels.length > 1)) > 20)
    t.ok(count((plan) => copied(plan) > 0) > 20)
    t.ok(count((plan) => copied(plan) < plan.state.length) > 20)
    t.end()
  },
)
