/** A session of an evaluation: takes its passes to their end, shows progress, saves now and then, and stops where it is asked to. */
import { setImmediate } from 'node:timers/promises'
import type { BackendName } from '../../../backends/index.ts'
import type { FeatureNetwork } from '../../evaluation/featureNetwork.ts'
import type { Steps } from '../../evaluation/neighbours.ts'
import type { Backend } from '../../plan/backend.ts'
import { Failure } from '../errors.ts'
import type { JudgedPictures } from './featureNetworks.ts'
import { type Pass, turnPictures } from './judgedPasses.ts'
import type { EvaluationProgress } from './progress.ts'
import type { EvaluationState } from './state.ts'

/** What surrounds an evaluation. */
export interface EvaluationEnvironment {
  readonly say: (line: string) => void
  readonly progress: EvaluationProgress
  readonly backends: Readonly<Record<BackendName, Backend>>
  readonly openNetwork: (path: string | null, judged: JudgedPictures) => Promise<FeatureNetwork>
  /** Whether the evaluation should save what it has and end. */
  readonly stopped: () => boolean
  /** Seconds between saves. */
  readonly saveSeconds: number
}

/** An evaluation that was asked to stop, and saved what it had: the same command goes on. */
export class EvaluationStopped extends Failure {}

/** Thrown within a turn, which is then not counted. */
export class Interrupted extends Error {}

/** Takes all passes to their end; saves now and then, and where it is stopped. */
export const driven = async (
  passes: readonly Pass[],
  start: EvaluationState,
  { progress, stopped, saveSeconds }: EvaluationEnvironment,
  keep: (state: EvaluationState) => Promise<void>,
): Promise<EvaluationState> => {
  let [state, saved] = [start, performance.now()]
  const stop = async ({ what, all, done }: Pass): Promise<never> => {
    await keep(state)
    throw new EvaluationStopped(`stopped after ${done(state)} of ${all} ${what}: the same command continues`)
  }
  for (const pass of passes) {
    const [first, began] = [pass.done(state), performance.now()]
    while (pass.done(state) < pass.all) {
      const done = pass.done(state)
      if (stopped()) await stop(pass)
      try {
        state = await pass.turn(state, done, Math.min(turnPictures, pass.all - done))
      } catch (error) {
        if (error instanceof Interrupted) await stop(pass)
        throw error
      }
      const [now, at] = [performance.now(), pass.done(state)]
      progress.show({ what: pass.what, done: at, all: pass.all, pictures: at - first, seconds: (now - began) / 1000 })
      if (now - saved >= saveSeconds * 1000) {
        await keep(state)
        saved = performance.now()
      }
    }
  }
  return state
}

/** All steps, with progress; a stop between two of them ends the evaluation. */
export const inSteps = async <A>(
  steps: Steps<A>,
  all: number,
  { progress, stopped }: EvaluationEnvironment,
): Promise<A> => {
  const began = performance.now()
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    const done = Math.round(step.value * all)
    const seconds = (performance.now() - began) / 1000
    progress.show({ what: 'precision and recall', done, all, pictures: step.value * all, seconds })
    await setImmediate()
    if (stopped()) throw new EvaluationStopped('stopped within precision and recall: the same command continues')
  }
}
