/** A run that is judged: its settings under the command's options, its newest checkpoint, its images, its compiled network. */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Dataset } from '../../data/dataset.ts'
import { companionsOf } from '../../data/open.ts'
import type { CompiledNetwork } from '../../diffusion/network.ts'
import { companions, fflate, sharp } from '../../io/companion.ts'
import { configPath, readConfig } from '../../io/run.ts'
import type { ConfiguredModelOf } from '../../models/model.ts'
import type { ScaledAutoencoder } from '../autoencoder/autoencoderFile.ts'
import { must, mustBe } from '../errors.ts'
import { type Machine, spaceOf } from '../latents/autoencoderOfLatents.ts'
import type { ImageSpace } from '../latents/imageSpace.ts'
import { picturesOfRun } from '../latents/runImages.ts'
import { modelOf } from '../model.ts'
import { denoiserOfRun } from '../objectives/objectives.ts'
import type { Checkpoint } from '../run/checkpoint.ts'
import { mostTrained } from '../run/newest.ts'
import { sampledNetwork } from '../sampledNetwork.ts'
import type { Catalogue, EvaluateOptions, Settings } from '../settings/options.ts'
import { readRunToEvaluate } from '../settings/settings.ts'
import { heldBy } from '../task.ts'
import type { EvaluationEnvironment } from './session.ts'

export interface OpenedRun {
  readonly settings: Settings
  readonly model: ConfiguredModelOf<'denoising'>
  readonly checkpoint: Checkpoint
  /** The pictures of its data, and their name, as `--data` takes it. */
  readonly data: string
  readonly dataset: Dataset
  /** Of a model of latents. */
  readonly autoencoder: ScaledAutoencoder | null
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
  const { data, pictures, autoencoder } = await picturesOfRun(o.run, settings, model, checkpoint.about, known)
  return { settings, model, checkpoint, data, dataset: pictures, autoencoder }
}

/** The network that is sampled, compiled, with its averaged parameters, and what its images are to pictures. */
export const compiledRun = async (
  { settings, model, checkpoint, autoencoder }: OpenedRun,
  machine: Machine,
): Promise<{ readonly network: CompiledNetwork; readonly space: ImageSpace }> => ({
  network: await sampledNetwork(
    { settings, model, theta: heldBy(model, settings).evaluated(checkpoint.state) },
    machine,
  ),
  space: spaceOf(model, autoencoder, machine),
})
