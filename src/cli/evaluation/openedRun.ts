/** A run that is judged: its settings under the command's options, its newest checkpoint, its images, its compiled network. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Dataset } from '../../data/dataset.ts'
import { companionsOf } from '../../data/open.ts'
import type { CompiledNetwork } from '../../diffusion/network.ts'
import { companions, fflate, sharp } from '../../io/companion.ts'
import { configPath, readConfig } from '../../io/run.ts'
import type { ConfiguredModelOf } from '../../models/model.ts'
import type { Backend } from '../../plan/backend.ts'
import { openData } from '../data.ts'
import { fail, must, mustBe } from '../errors.ts'
import { modelOf } from '../model.ts'
import { denoiserOfRun } from '../objectives/objectives.ts'
import { compileNetwork, networkPlan, shapesOf } from '../plans.ts'
import type { Checkpoint } from '../run/checkpoint.ts'
import { mostTrained } from '../run/newest.ts'
import type { Catalogue, EvaluateOptions, Settings } from '../settings/options.ts'
import { readRunToEvaluate } from '../settings/settings.ts'
import { processOf } from '../settings/tables.ts'
import { heldBy } from '../task.ts'
import type { EvaluationEnvironment } from './session.ts'

/** Pictures that the sampled network computes together: they affect memory and speed only. */
const together = 16

export interface OpenedRun {
  readonly settings: Settings
  readonly model: ConfiguredModelOf<'denoising'>
  readonly checkpoint: Checkpoint
  readonly dataset: Dataset
}

/** @param what the command, for what it says of missing packages */
export const openedRun = async (
  what: string,
  o: EvaluateOptions,
  { say }: Pick<EvaluationEnvironment, 'say'>,
  known: Catalogue,
): Promise<OpenedRun> => {
  const settings = mustBe(
    pipe(
      readRunToEvaluate(await must(readConfig(o.run)), o, known),
      E.mapLeft((what) => `${configPath(o.run)}: ${what}`),
    ),
  )
  const npz = o.reference === undefined && o.writeReference === undefined ? [] : [fflate]
  await must(companions(what)([sharp, ...npz, ...companionsOf(settings.data, known.kinds)]))
  const model = denoiserOfRun(o.run, modelOf(settings, known))
  const checkpoint = await mostTrained(o.run, heldBy(model, settings), known, say)
  const dataset = await openData(settings.data, model, known)
  if (dataset.fingerprint !== checkpoint.about.fingerprint)
    fail(`the images of ${settings.data} are not those that ${o.run} was trained on`)
  return { settings, model, checkpoint, dataset }
}

/** The network that is sampled, compiled, with its averaged parameters. */
export const compiledNetwork = async (
  { settings, model, checkpoint }: OpenedRun,
  backend: Backend,
  threads: number,
): Promise<CompiledNetwork> => {
  const executable = await compileNetwork(networkPlan(model, together), together, backend, threads)
  await executable.write({ theta: heldBy(model, settings).evaluated(checkpoint.state) })
  return { ...shapesOf(model, together), executable, process: processOf(settings.training) }
}
