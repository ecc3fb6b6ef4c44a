/** An autoencoder that a user names: the folder of a run, or a file. */
import { stat } from 'node:fs/promises'
import { fail, must } from '../errors.ts'
import { modelOf } from '../model.ts'
import { objectives } from '../objectives/objectives.ts'
import { mostTrained } from '../run/newest.ts'
import { settingsOfRun } from '../run/settingsOfRun.ts'
import type { Catalogue } from '../settings/options.ts'
import { heldBy } from '../task.ts'
import { type OpenedAutoencoder, parametersHash, readAutoencoder } from './autoencoderFile.ts'

/** The most trained checkpoint of a run, with its averaged parameters; fails in one sentence. */
const openAutoencoderRun = async (
  folder: string,
  known: Catalogue,
  say: (line: string) => void,
): Promise<OpenedAutoencoder> => {
  const settings = await settingsOfRun(folder, known)
  const model = modelOf(settings, known)
  if (model.objective !== 'reconstruction')
    return fail(
      `${folder} is a run of ${objectives[model.objective].trains}: expected a run of ${objectives.reconstruction.trains}`,
    )
  const held = heldBy(model, settings)
  const theta = held.evaluated((await mostTrained(folder, held, known, say)).state)
  return { model, theta, scale: null, contentHash: parametersHash(model, theta) }
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
