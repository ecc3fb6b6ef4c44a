/** Our side of a comparison: a program planned, compiled for the wasm backend and run. */
import * as E from 'fp-ts/lib/Either.js'
import { wasm } from '../backends/wasm/index.ts'
import { planOf } from '../src/lower/compile.ts'
import type { Named } from '../src/plan/backend.ts'
import type { Plan } from '../src/plan/plan.ts'
import type { Tensors } from '../src/plan/program.ts'
import { fold, key, normal } from '../src/random/key.ts'
import { size } from '../src/tensor/shape.ts'
import { type Contestant, each } from './harness.ts'
import { ours } from './line.ts'

/**
 * The plan repeated several times in one run, with no outputs copied: the cost of a short program inside a plan, where
 * waking the threads and reading results is paid once.
 */
const repeated = (plan: Plan, times: number): Plan => ({
  ...plan,
  outputs: [],
  regions: Array.from({ length: times }, () => plan.regions).flat(),
})

/** Values for every input: normally distributed, the same in every run. */
export const filled = (plan: Plan): Named =>
  Object.fromEntries(plan.inputs.map(({ name, shape }, i) => [name, normal(fold(key(0), i), size(shape))]))

/** Approximate work per run in GFLOP: long compared with waking threads (0.05 ms), short enough for many runs. */
const worth = 1.5
export const repeats = (gflop: number): number => Math.min(32, Math.max(2, Math.ceil(worth / gflop)))

/** A stateless program, `times` times per run; reported times are of one. */
export const program = (outputs: Tensors, threads: number, times: number): Contestant => ({
  by: ours,
  threads,
  start: async () => {
    const plan = planOf({ outputs })
    const executable = await wasm.compile(repeated(plan, times), { threads })
    await executable.write(filled(plan))
    return E.right({
      steps: async (n) => (await each(n, () => executable.run({}))).map((ms) => ms / times),
      facts: {},
      stop: executable.dispose,
    })
  },
})
