/** An autoencoder that a user names: the folder of a run, or a file. */
import { stat } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { latentShapeOf } from '../../autoencoder/task.ts'
import { configPath, readConfig } from '../../io/run.ts'
import { fail, must, mustBe } from '../errors.ts'
import { modelOf } from '../model.ts'
import { objectives } from '../objectives/objectives.ts'
import { mostTrained } from '../run/newest.ts'
import type { Catalogue, Settings } from '../settings/options.ts'
import { readRun } from '../settings/settings.ts'
import { heldBy } from '../task.ts'
import { type OpenedAutoencoder, parametersHash, readAutoencoder } from './autoencoderFile.ts'
import { readRunScale } from './latentScale.ts'

/** The settings of a run of an autoencoder, with what it has learned. */
export interface AutoencoderRun extends OpenedAutoencoder {
  readonly settings: Settings
  /** The data set that it was trained on, by its fingerprint. */
  readonly fingerprint: string
}

/** The most trained checkpoint of a run, with its averaged parameters; fails in one sentence. */
export const openAutoencoderRun = async (
  folder: string,
  known: Catalogue,
  say: (line: string) => void,
): Promise<AutoencoderRun> => {
  const text = await must(readConfig(folder))
  const settings = mustBe(
    pipe(
      readRun(text, {}, known),
      E.mapLeft((what) => `${configPath(folder)}: ${what}`),
    ),
  )
  const model = modelOf(settings, known)
  if (model.objective !== 'reconstruction')
    return fail(
      `${folder} is a run of ${objectives[model.objective].trains}: expected a run of ${objectives.reconstruction.trains}`,
    )
  const held = heldBy(model, settings)
  const { about, state } = await mostTrained(folder, held, known, say)
  const theta = held.evaluated(state)
  const contentHash = parametersHash(model, theta)
  const scale = await must(readRunScale(folder, contentHash, latentShapeOf(model, model.shape).channels))
  return { model, theta, scale, contentHash, settings, fingerprint: about.fingerprint }
}

/**
 * The autoencoder at a path: the folder of a run, or a .safetensors file. It fails in one sentence where there is none.
 * @param say told of damaged checkpoints that were passed over
 */
export const openAutoencoder = async (
  path: string,
  known: Catalogue,
  say: (line: string) => void,
): Promise<OpenedAutoencoder> => {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  return isFolder ? openAutoencoderRun(path, known, say) : must(readAutoencoder(path, known.models))
}
