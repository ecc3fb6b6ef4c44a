/**
 * Our side of a comparison of training steps: upload inputs, forward, backward, clipping, AdamW, EMA, read back the loss.
 * Times are of whole steps as the command line runs them; a non-finite loss ends the run.
 */
import * as E from 'fp-ts/lib/Either.js'
import { wasm } from '../backends/wasm/index.ts'
import type { Backend, Executable } from '../src/plan/backend.ts'
import { flopsOf } from '../src/plan/cost.ts'
import type { Plan } from '../src/plan/plan.ts'
import { feedsOf, stateOf } from './feeds.ts'
import { type Contestant, each, type Facts, type Running } from './harness.ts'
import { ours } from './line.ts'
import type { Trainable } from './model.ts'

/** Different batches, used in turn. */
const batches = 3

export interface Outcome {
  readonly loss: number
  readonly gradientNorm: number
}

export interface TrainingRun {
  readonly once: () => Promise<Outcome>
  readonly facts: Facts
  /** The backend's description. */
  readonly description: string
  readonly stop: () => Promise<void>
}

/**
 * Writes the initial state to an executable of the model's plan; returns a function that runs one step.
 * @param computes false on a device that gives no numbers
 */
export const stepsOf = async (
  model: Trainable,
  plan: Plan,
  executable: Executable,
  computes = true,
): Promise<TrainingRun['once']> => {
  await executable.write(stateOf(model))
  const feeds = Array.from({ length: batches }, (_, i) => feedsOf(model, plan, i))
  let done = 0
  return async () => {
    const outputs = await executable.run(feeds[done++ % batches] ?? {})
    const [loss, gradientNorm] = [outputs.loss?.[0] ?? Number.NaN, outputs.gradientNorm?.[0] ?? Number.NaN]
    if (computes && !Number.isFinite(loss)) throw new Error(`the loss of step ${done} is ${loss}`)
    return { loss, gradientNorm }
  }
}

/** Compiled, with its state written. */
export const compiledStep = async (
  model: Trainable,
  threads: number,
  backend: Backend = wasm,
): Promise<TrainingRun> => {
  const start = performance.now()
  const plan = model.plan()
  const executable = await backend.compile(plan, { threads })
  const startup = performance.now() - start
  const once = await stepsOf(model, plan, executable)
  const facts: Facts = {
    batch: model.shapes.batch,
    parameters: model.parameters,
    startup_ms: Math.round(startup),
    arena_mib: Math.round(executable.bytes / 2 ** 20),
  }
  const { description } = executable
  return { once, facts, description, stop: executable.dispose }
}

/** `more`: additional facts from elsewhere. */
export const stepContestant = (model: Trainable, threads: number, more: Facts = {}): Contestant => ({
  by: ours,
  threads,
  start: async () => {
    const { once, facts, stop } = await compiledStep(model, threads)
    return E.right<never, Running>({ steps: (n) => each(n, once), facts: { ...facts, ...more }, stop })
  },
})

/** Products of one step, in GFLOP, counted in the plan. */
export const gflopOf = (model: Trainable): number => flopsOf(model.plan()) / 1e9
