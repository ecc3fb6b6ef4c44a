/**
 * `--profile`: the time of a training step by kernel, as `npm run train -- --profile` shows it. A second executable with
 * timers between the kernels is compiled after all other measurements.
 */
import { wasm } from '../backends/wasm/index.ts'
import { profileTable, withProfile } from '../src/cli/profile.ts'
import { each } from './harness.ts'
import type { Trainable } from './model.ts'
import { stepsOf } from './trainingStep.ts'

/** Counted steps, after one that is not counted. */
const steps = 10

export const profiled = async (model: Trainable, threads: number, smoke: boolean): Promise<readonly string[]> => {
  const plan = model.plan()
  const executable = withProfile(await wasm.compile(plan, { threads, profile: true }))
  try {
    await each(smoke ? 2 : 1 + steps, await stepsOf(model, plan, executable))
    const limits = await wasm.limits(threads)
    const { description, bytes } = executable
    const setting = { precision: wasm.precision, limits, description, bytes, top: 30 }
    return profileTable(plan, await executable.seen(), setting)
  } finally {
    await executable.dispose()
  }
}
